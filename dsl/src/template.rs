//! A compiled template, and the stages that lead to it.

use rappel_core::channel::Content;
use rappel_core::diagnostic::codes;
use rappel_core::{ChannelKind, Diagnostic};
use rappel_grammar::Span;

use crate::check::{self, Draft, Outside, Parts};
use crate::compile::{Form, Program, lower};
use crate::options::Options;
use crate::parse::{self, Email, File};
use crate::render::{self, Body, Stopped};
use crate::values::Values;
use crate::variables::Variable;

/// What [`compile`] found.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The template, unless it has an error.
    pub template: Option<Template>,
    /// Everything that is wrong or doubtful, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A template that can be rendered. Cheap to share, and immutable.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) options: Options,
    pub(crate) body: Body,
    variables: Vec<Variable>,
    /// Literal characters that make an SMS Unicode.
    pub(crate) outside: Vec<Outside>,
}

/// Compiles the text of a template. `file` is what diagnostics call it; `parts` looks up what it includes.
pub fn compile(file: &str, source: &str, options: &Options, parts: &Parts<'_>) -> Compiled {
    let mut diagnostics = Vec::new();
    let template = stages(
        &File::new(file, source),
        source,
        options,
        parts,
        &mut diagnostics,
    );
    in_order(&mut diagnostics);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Compiled {
        template: template.filter(|_| !failed),
        diagnostics,
    }
}

/// Puts diagnostics in the order of their places, each once: a part that is included twice is read twice.
pub(crate) fn in_order(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (key(a), &a.message).cmp(&(key(b), &b.message)));
    diagnostics.dedup_by(|a, b| key(a) == key(b) && a.message == b.message);
}

fn key(diagnostic: &Diagnostic) -> (&str, usize, usize, &str) {
    let span = diagnostic.span.clone().unwrap_or_default();
    (&diagnostic.file, span.start, span.end, diagnostic.code.id)
}

fn stages(
    file: &File,
    source: &str,
    options: &Options,
    parts: &Parts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Template> {
    let tree = parse::parse(file, source, diagnostics);
    let mut check = |nodes: &[_]| check::check(nodes, file, options, parts, diagnostics);
    let (drafts, body) = match options.channel {
        ChannelKind::Sms => {
            let draft = check(&tree.nodes);
            let body = Body::Sms(lower(&draft, Form::Sms(options.sms_mode)));
            (vec![draft], body)
        }
        ChannelKind::Voice => {
            let draft = check(&tree.nodes);
            let body = Body::Voice {
                words: lower(&draft, Form::Plain),
                ssml: lower(&draft, Form::Xml),
            };
            (vec![draft], body)
        }
        ChannelKind::Email => {
            let (Email { subject, body }, missing) = parse::split(file, tree);
            let (subject, body) = (check(&subject), check(&body));
            diagnostics.extend(missing);
            let programs = Body::Email {
                subject: lower(&subject, Form::Line),
                body: lower(&body, Form::Markdown),
            };
            (vec![subject, body], programs)
        }
    };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    channel_rules(file, source, &drafts, options, diagnostics);
    let outside = drafts
        .iter()
        .flat_map(|draft| draft.outside.clone())
        .collect();
    Some(Template {
        options: options.clone(),
        body,
        variables: variables(&drafts),
        outside,
    })
}

/// What only the whole of a template without errors can tell.
fn channel_rules(
    file: &File,
    source: &str,
    drafts: &[Draft],
    options: &Options,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let everything = Span::new(0, source.trim_end().len());
    let nothing = drafts.iter().position(check::says_nothing);
    let what = match options.channel {
        ChannelKind::Email => "e-mail below its subject",
        ChannelKind::Sms | ChannelKind::Voice => "template",
    };
    match (options.channel, nothing) {
        (_, None) => {}
        (ChannelKind::Email, Some(0)) => diagnostics.push(
            file.diagnostic(
                codes::NO_SUBJECT,
                Span::new(0, source.lines().next().map_or(0, str::len)),
                "the e-mail's subject is empty",
            )
            .label("says nothing")
            .help("write `Subject: Your appointment`"),
        ),
        _ => diagnostics.push(
            file.diagnostic(
                codes::EMPTY_TEMPLATE,
                everything,
                format!("the {what} says nothing, and an empty message is never sent"),
            )
            .label("nothing to read")
            .help("write the message, or take the file away: then nothing is sent"),
        ),
    }
    if options.channel == ChannelKind::Email
        && let Some(html) = drafts
            .last()
            .and_then(|draft| render::raw_html(&draft.literals))
    {
        let start = source.find(&html).unwrap_or_default();
        let span = Span::new(start, start + if start > 0 { html.len() } else { 0 });
        diagnostics.push(
            file.diagnostic(
                codes::RAW_HTML,
                span,
                "HTML in an e-mail is shown as text, not obeyed",
            )
            .label("shown as it stands")
            .help("write Markdown: `**bold**`, `# Heading`, `[words](https://…)`"),
        );
    }
}

fn variables(drafts: &[Draft]) -> Vec<Variable> {
    let mut variables: Vec<Variable> = drafts.iter().flat_map(check::variables).collect();
    variables.sort();
    variables.dedup();
    variables
}

impl Template {
    /// Renders one message.
    ///
    /// # Errors
    /// When it must not go: a value is absent that has to be there, nothing is left to read, or the clinic's
    /// limits don't allow it.
    pub fn render(&self, values: &dyn Values) -> Result<Content, Stopped> {
        render::render(&self.body, &self.options, values)
    }

    /// The variables that it prints or asks for, each once.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// What it was compiled for.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The program of its text: of an SMS, of the words of a call, or of an e-mail's body in Markdown.
    pub fn program(&self) -> &Program {
        match &self.body {
            Body::Sms(program)
            | Body::Email { body: program, .. }
            | Body::Voice { words: program, .. } => program,
        }
    }
}
