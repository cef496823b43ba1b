//! Puts loose section tags together: from flat pieces to nested sections.

use crate::MAX_SECTIONS;
use crate::fault::{ConditionSlip, Fault, Slip};
use crate::piece::{Piece, SectionTag};
use crate::tree::{Branch, Condition, Node, Otherwise, Section, Span, Template};

/// Nests the pieces. Tags without a partner add a fault and are left out.
///
/// "[Si vous ne venez pas…]" is a fault already, and is most likely prose; but a condition with a slip in
/// it does open a section. So the pieces are paired both ways, and the way that leaves fewer tags without
/// a partner is the one that was meant.
pub(crate) fn nest<'s>(pieces: Vec<Piece<'s>>, faults: &mut Vec<Fault>) -> Template<'s> {
    let strays = |doubtful_opens| strays(&pieces, doubtful_opens);
    let as_sections = strays(true);
    let doubtful_opens = as_sections == 0 || as_sections <= strays(false);
    let mut nest = Nest {
        levels: vec![Level::default()],
        faults,
    };
    for piece in pieces {
        match piece {
            Piece::Node(node) => nest.push(node),
            Piece::Open(tag) if doubtful_opens || tag.doubt.is_none() => nest.open(tag),
            Piece::Open(tag) => nest.prose(tag),
            Piece::Alternative(tag) => nest.alternative(tag),
            Piece::Otherwise(span) => nest.otherwise(span),
            Piece::Close(span) => nest.close(span),
        }
    }
    nest.finish()
}

/// How many tags find no partner.
fn strays(pieces: &[Piece<'_>], doubtful_opens: bool) -> usize {
    let (mut open, mut strays) = (0usize, 0usize);
    for piece in pieces {
        match piece {
            Piece::Open(tag) if doubtful_opens || tag.doubt.is_none() => open += 1,
            Piece::Close(_) if open > 0 => open -= 1,
            Piece::Close(_) => strays += 1,
            Piece::Alternative(_) | Piece::Otherwise(_) if open == 0 => strays += 1,
            _ => {}
        }
    }
    strays + open
}

/// A section that is not closed yet; the first level is the template itself.
#[derive(Default)]
struct Level<'s> {
    branches: Vec<Branch<'s>>,
    otherwise: Option<Otherwise<'s>>,
    /// What stands before the first section tag: the template's own nodes.
    nodes: Vec<Node<'s>>,
}

impl<'s> Level<'s> {
    fn nodes(&mut self) -> &mut Vec<Node<'s>> {
        match (&mut self.otherwise, self.branches.last_mut()) {
            (Some(otherwise), _) => &mut otherwise.nodes,
            (None, Some(branch)) => &mut branch.nodes,
            (None, None) => &mut self.nodes,
        }
    }
}

struct Nest<'s, 'a> {
    levels: Vec<Level<'s>>,
    faults: &'a mut Vec<Fault>,
}

impl<'s> Nest<'s, '_> {
    fn fault(&mut self, slip: Slip, span: Span) {
        self.faults.push(Fault { slip, span });
    }

    /// The innermost section that is open, or the template.
    fn top(&mut self) -> Option<&mut Level<'s>> {
        self.levels.last_mut()
    }

    /// The innermost open section.
    fn section(&mut self) -> Option<&mut Level<'s>> {
        if self.levels.len() > 1 {
            self.top()
        } else {
            None
        }
    }

    fn push(&mut self, node: Node<'s>) {
        if let Some(top) = self.top() {
            top.nodes().push(node);
        }
    }

    fn open(&mut self, tag: SectionTag<'s>) {
        if self.levels.len() == MAX_SECTIONS + 1 {
            self.fault(
                Slip::SectionsTooDeep {
                    limit: MAX_SECTIONS,
                },
                tag.span,
            );
        }
        self.levels.push(Level {
            branches: vec![branch(tag)],
            ..Level::default()
        });
    }

    /// A tag that is prose after all: it has its fault, or gets it now.
    fn prose(&mut self, tag: SectionTag<'s>) {
        if let (Some(doubt), false) = (tag.doubt, matches!(tag.condition, Condition::Unreadable)) {
            self.fault(
                Slip::Condition(ConditionSlip::NoValue { meant: None }),
                doubt,
            );
        }
    }

    fn alternative(&mut self, tag: SectionTag<'s>) {
        match self.section() {
            None => self.fault(Slip::ElseOutside, tag.span),
            Some(section) if section.otherwise.is_some() => {
                self.fault(Slip::ElseAfterElse, tag.span)
            }
            Some(section) => section.branches.push(branch(tag)),
        }
    }

    fn otherwise(&mut self, tag: Span) {
        match self.section() {
            None => self.fault(Slip::ElseOutside, tag),
            Some(section) if section.otherwise.is_some() => self.fault(Slip::ElseAfterElse, tag),
            Some(section) => {
                section.otherwise = Some(Otherwise {
                    nodes: Vec::new(),
                    tag,
                })
            }
        }
    }

    fn close(&mut self, tag: Span) {
        if self.levels.len() < 2 {
            return self.fault(Slip::CloseUnopened, tag);
        }
        if let Some(level) = self.levels.pop() {
            self.add(level, tag);
        }
    }

    /// Puts a finished section where it belongs. One below the limit is dropped, so that the tree is no
    /// deeper than what walks over it may count on; the fault was told when it opened.
    fn add(&mut self, level: Level<'s>, close: Span) {
        if self.levels.len() <= MAX_SECTIONS {
            let Level {
                branches,
                otherwise,
                ..
            } = level;
            self.push(Node::Section(Section {
                branches,
                otherwise,
                close,
            }));
        }
    }

    fn finish(mut self) -> Template<'s> {
        while self.levels.len() > 1 {
            if let Some(level) = self.levels.pop() {
                let tag = level
                    .branches
                    .first()
                    .map_or(Span::default(), |first| first.tag);
                self.fault(Slip::SectionUnclosed, tag);
                self.add(level, Span::new(tag.end, tag.end));
            }
        }
        Template {
            nodes: self
                .levels
                .pop()
                .map(|template| template.nodes)
                .unwrap_or_default(),
        }
    }
}

fn branch(tag: SectionTag<'_>) -> Branch<'_> {
    Branch {
        condition: tag.condition,
        nodes: Vec::new(),
        tag: tag.span,
    }
}
