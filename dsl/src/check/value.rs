//! Checks a value's tag: its name, whether the kind offers it, and its filters against its type.

use rappel_core::diagnostic::codes;
use rappel_core::{Code, Named, surely_meant};
use rappel_grammar::Span;
use rappel_grammar::tree::{Filter as FilterTag, Name, Value as ValueTag};

use super::{Checker, Piece, Slot};
use crate::filters::{Argument, FILTERS, Filter, Step, Wrong};
use crate::parse::OPENS_NO_TAG;
use crate::variables::{Id, Type, Variable};

impl Checker<'_> {
    /// The piece of a value's tag, if it can be understood.
    pub(super) fn value(&mut self, tag: &ValueTag<'_>) -> Option<Piece> {
        let variable = self.variable(tag.name, tag.name_span);
        let steps = self.steps(variable, &tag.filters);
        let variable = variable?;
        if !variable.prints() {
            let diagnostic = self
                .file
                .diagnostic(
                    codes::NOT_PRINTABLE,
                    tag.span,
                    format!("`{variable}` is for conditions and prints nothing"),
                )
                .label("can't be printed")
                .help(format!(
                    "write for instance `[IF {variable}]…[/IF]`; {OPENS_NO_TAG}"
                ));
            self.tell(diagnostic);
            return None;
        }
        let slot = Slot {
            variable,
            steps: steps?,
        };
        if variable.may_be_absent() && !slot.has_default() && !self.guards.has(variable) {
            let label = variable.row().labels.en;
            let diagnostic = self
                .file
                .diagnostic(
                    codes::UNGUARDED_VALUE,
                    tag.span,
                    format!("`{variable}` ({label}) may be absent, and nothing says what stands here then"),
                )
                .label("may be nothing")
                .help(format!("write `[IF {variable}]…[/IF]` around what is said with it, or `[{variable}|default \"…\"]`"));
            self.tell(diagnostic);
        }
        self.reveals(variable, tag.span);
        Some(Piece::Value(self.draft.slot(slot)))
    }

    /// The variable of a name, if there is one and the kind offers it.
    pub(super) fn variable(&mut self, name: Name<'_>, span: Span) -> Option<Variable> {
        let variable = match name {
            Name::Number(number) => Variable::number(number),
            Name::Word(word) => Variable::word(word),
        };
        let Some(variable) = variable else {
            self.unknown(name, span);
            return None;
        };
        if !variable.offered_by(&self.options.kind) {
            let help = self.not_offered(variable);
            let message = format!(
                "a message of the kind `{}` doesn't offer `{variable}`",
                self.options.kind
            );
            let diagnostic = self
                .file
                .diagnostic(codes::NOT_OFFERED, span, message)
                .label("not known here")
                .help(help);
            self.tell(diagnostic);
            return None;
        }
        Some(variable)
    }

    /// Where a value belongs that the kind doesn't offer, and what the kind has like it.
    fn not_offered(&self, variable: Variable) -> String {
        let kind = &self.options.kind;
        let kinds: Vec<String> = variable
            .offering()
            .map(|kind| format!("`{kind}`"))
            .collect();
        let where_it_belongs = match kinds.as_slice() {
            [] => "no kind of message offers it yet: leave it out, or say it in words".to_string(),
            [only] => format!("it belongs in a template of the kind {only}"),
            kinds => format!("it belongs in templates of the kinds {}", kinds.join(", ")),
        };
        let like_it: Vec<String> = Variable::all()
            .filter(|other| other.kind() == variable.kind() && other.offered_by(kind))
            .filter(|other| matches!(other.row().id, Id::Named(_)))
            .map(|other| format!("`{other}`"))
            .collect();
        if like_it.is_empty() {
            format!("{where_it_belongs}; {OPENS_NO_TAG}")
        } else {
            format!("{where_it_belongs}; `{kind}` offers {}", like_it.join(", "))
        }
    }

    fn unknown(&mut self, name: Name<'_>, span: Span) {
        let nearest = match name {
            Name::Number(number) => Variable::typed_twice(number),
            Name::Word(word) => Variable::nearest(word),
        };
        let code: Code = match name {
            Name::Number(_) => codes::UNKNOWN_VARIABLE,
            Name::Word(_) => codes::UNKNOWN_VALUE,
        };
        let message = match name {
            Name::Number(number) => format!("there is no variable {number}"),
            Name::Word(word) => format!("there is no value `{word}`"),
        };
        let help = match (nearest, name) {
            (Some(variable), _) => format!(
                "did you mean `{variable}` ({})? {}",
                variable.row().labels.en,
                capital(OPENS_NO_TAG)
            ),
            (None, Name::Number(_)) => format!(
                "the number isn't assigned: `:vars` in `rappel repl` lists those that are, and so does docs/language.md. {}",
                capital(OPENS_NO_TAG)
            ),
            (None, Name::Word(_)) => format!("put texts in quotes; {OPENS_NO_TAG}"),
        };
        let mut diagnostic = self
            .file
            .diagnostic(code, span, message)
            .label("unknown")
            .help(help);
        if let Name::Word(word) = name
            && let Some(meant) = surely_meant(word, Named::ALL.map(Named::name))
        {
            diagnostic = diagnostic.fix(span.start..span.end, meant);
        }
        self.tell(diagnostic);
    }

    /// The steps of a value's filters, if all can be understood. Without a variable only their names and
    /// arguments are checked.
    fn steps(&mut self, variable: Option<Variable>, tags: &[FilterTag<'_>]) -> Option<Vec<Step>> {
        let mut kind = variable
            .filter(|variable| variable.prints())
            .map(Variable::kind);
        let mut steps = Some(Vec::with_capacity(tags.len()));
        let mut spelled = false;
        for tag in tags {
            let step = self.step(kind, spelled, tag);
            kind = step.as_ref().map(|step| step.filter.gives);
            spelled |= step
                .as_ref()
                .is_some_and(|step| step.filter.name == "spell");
            match (&mut steps, step) {
                (Some(steps), Some(step)) => steps.push(step),
                (steps, _) => *steps = None,
            }
        }
        steps
    }

    fn step(&mut self, kind: Option<Type>, spelled: bool, tag: &FilterTag<'_>) -> Option<Step> {
        let Some(filter) = Filter::find(tag.name) else {
            let help = match Filter::nearest(tag.name) {
                Some(filter) => format!("did you mean `{}`?", filter.name),
                None => {
                    let names: Vec<_> = FILTERS.iter().map(|filter| filter.name).collect();
                    format!("there are `{}`", names.join(" "))
                }
            };
            let message = format!("there is no filter `{}`", tag.name);
            let mut diagnostic = self
                .file
                .diagnostic(codes::UNKNOWN_FILTER, tag.name_span, message)
                .label("unknown")
                .help(help);
            let names = FILTERS.iter().map(|filter| filter.name);
            if let Some(meant) = surely_meant(tag.name, names) {
                diagnostic = diagnostic.fix(tag.name_span.start..tag.name_span.end, meant);
            }
            self.tell(diagnostic);
            return None;
        };
        let argument = self.argument(filter, tag);
        if !filter.channels.contains(&self.options.channel) {
            let channels: Vec<_> = filter
                .channels
                .iter()
                .map(|channel| channel.name())
                .collect();
            let message = format!(
                "the filter `{}` is for {} only",
                filter.name,
                channels.join(" and ")
            );
            let diagnostic = self
                .file
                .diagnostic(codes::WRONG_CHANNEL, tag.name_span, message)
                .label(format!("not in {}", self.options.channel))
                .help("take it out");
            self.tell(diagnostic);
            return None;
        }
        if spelled || kind.is_some_and(|kind| !filter.accepts.contains(&kind)) {
            self.misfit(filter, kind.filter(|_| !spelled), tag);
            return None;
        }
        Some(Step {
            filter,
            argument: argument?,
        })
    }

    fn misfit(&mut self, filter: &Filter, kind: Option<Type>, tag: &FilterTag<'_>) {
        let message = match kind {
            Some(kind) => format!("`{}` can't be put on {}", filter.name, kind.phrase()),
            None => format!("`{}` can't follow `spell`", filter.name),
        };
        let kinds: Vec<_> = filter.accepts.iter().map(|kind| kind.phrase()).collect();
        let help = match kind {
            // The likely slip: a filter that wants a date behind one that made it words.
            Some(Type::Text) if !filter.accepts.contains(&Type::Text) => {
                format!(
                    "it takes {}; put it before filters that make words of a value",
                    kinds.join(", ")
                )
            }
            Some(_) => format!("it takes {}", kinds.join(", ")),
            None => "put `spell` last".into(),
        };
        let diagnostic = self
            .file
            .diagnostic(codes::FILTER_MISFIT, tag.name_span, message)
            .label("doesn't fit")
            .help(help);
        self.tell(diagnostic);
    }

    fn argument(&mut self, filter: &Filter, tag: &FilterTag<'_>) -> Option<Argument> {
        let (first, more) = match tag.arguments.split_first() {
            Some((first, more)) => (Some(first), more),
            None => (None, &[][..]),
        };
        let read = match more.first() {
            Some(_) => Err(Wrong::new(format!(
                "`{}` takes one thing, and here are {}",
                filter.name,
                tag.arguments.len()
            ))),
            None => filter.read_argument(first.map(|literal| &literal.value)),
        };
        match read {
            Ok(argument) => Some(argument),
            Err(Wrong { message, help }) => {
                let span = match (more.first(), first) {
                    (Some(literal), _) | (None, Some(literal)) => literal.span,
                    (None, None) => tag.name_span,
                };
                let example = filter.examples.first().map_or("", |example| example.tag);
                let diagnostic = self
                    .file
                    .diagnostic(codes::BAD_ARGUMENT, span, message)
                    .label("wrong")
                    .help(help.unwrap_or_else(|| format!("write for instance `{example}`")));
                self.tell(diagnostic);
                None
            }
        }
    }
}

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}
