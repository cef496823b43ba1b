//! `adapter.rhai`: from its text to a script with the functions that its manifest promises.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::Sender;
use rappel_core::diagnostic::{Code, Diagnostic, codes};
use rappel_core::nearest;
use rappel_core::provider::{Manifest, OptionSpec};
use rhai::{Expr, Position, Stmt};

use super::SANDBOX;
use super::answer::Answer;
use super::inbound::FromGateway;
use super::message::Message;
use super::properties::Facts;
use super::replied::Answers;
use crate::sandbox::{Function, Node, Script, Slip, SlipKind, place};

/// The file's name in an adapter's folder.
const FILE: &str = "adapter.rhai";

/// Reads the script of the adapter in `folder`.
pub(super) fn read(
    folder: &str,
    text: &str,
    manifest: Option<&Manifest>,
) -> Result<Script, Vec<Diagnostic>> {
    let source: Arc<str> = text.into();
    let file = format!("{folder}/{FILE}");
    let script = SANDBOX.compile(text).map_err(|slips| {
        let told = |slip: Slip| {
            let code = code(slip.kind);
            slip.diagnostic(code, &file, &source)
        };
        slips.into_iter().map(told).collect::<Vec<_>>()
    })?;
    let mut check = Check {
        file,
        source,
        manifest,
        found: Vec::new(),
    };
    check.functions(&script);
    check.names(&script);
    if check.found.is_empty() {
        Ok(script)
    } else {
        Err(check.found)
    }
}

fn code(kind: SlipKind) -> Code {
    match kind {
        SlipKind::Form => codes::BAD_ADAPTER,
        SlipKind::Refused => codes::ADAPTER_REFUSED,
        SlipKind::UnknownFunction => codes::ADAPTER_UNKNOWN_NAME,
    }
}

/// The functions that the host calls, with their parameters.
const HOOKS: [(&str, &str); 5] = [
    ("request", "message, options"),
    ("response", "answer"),
    ("receipt", "inbound"),
    ("reply", "inbound"),
    ("replied", "answers"),
];

struct Check<'c> {
    file: String,
    source: Arc<str>,
    manifest: Option<&'c Manifest>,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn functions(&mut self, script: &Script) {
        let webhook = self.manifest.map(|manifest| manifest.webhook.is_some());
        for (name, parameters) in HOOKS {
            let count = parameters.split(", ").count();
            let written = format!("fn {name}({parameters}) {{ … }}");
            if script.has(name, count) {
                let never = match name {
                    "request" | "response" => None,
                    _ if webhook == Some(false) => Some((
                        "the manifest has no `[webhook]`",
                        "say in `plugin.toml` how calls prove where they come from",
                    )),
                    "replied" if !script.has("reply", 1) => Some((
                        "there is no function `reply`",
                        "write `fn reply(inbound) { … }`",
                    )),
                    _ => None,
                };
                if let Some((why, help)) = never {
                    self.slip(
                        codes::ADAPTER_LACKS_FUNCTION,
                        script.function(name, count).map(|f| f.position),
                        format!("`{name}` is never called: {why}"),
                        Some(help),
                    );
                }
                continue;
            }
            if let Some(other) = script.functions.iter().find(|f| f.name == name) {
                self.slip(
                    codes::ADAPTER_LACKS_FUNCTION,
                    Some(other.position),
                    format!("`{name}` has {} parameters", other.params.len()),
                    Some(&format!("write `{written}`")),
                );
                continue;
            }
            let missing = match name {
                "request" | "response" => "the host calls it for every message",
                "receipt" if webhook == Some(true) => "the manifest has a `[webhook]`",
                _ => continue,
            };
            self.slip(
                codes::ADAPTER_LACKS_FUNCTION,
                None,
                format!("there is no function `{name}`: {missing}"),
                Some(&format!("write `{written}`")),
            );
        }
    }

    /// Looks at what functions read of their arguments, and at the secrets they name.
    fn names(&mut self, script: &Script) {
        for function in &script.functions {
            let hook = HOOKS.iter().find(|(name, parameters)| {
                *name == function.name && parameters.split(", ").count() == function.params.len()
            });
            let types: Vec<_> = match hook {
                Some((_, parameters)) => parameters.split(", ").collect(),
                None => Vec::new(),
            };
            let arguments: Vec<_> = function
                .params
                .iter()
                .map(String::as_str)
                .zip(types)
                // A variable of the same name hides the argument.
                .filter(|(name, _)| !declares(function, name))
                .collect();
            for statement in &function.body {
                self.node(Node::Stmt(statement), &arguments);
            }
        }
    }

    fn node(&mut self, node: Node<'_>, arguments: &[(&str, &str)]) {
        match node {
            Node::Expr(Expr::Dot(chain, ..)) => {
                if let Expr::Variable(variable, ..) = &chain.lhs
                    && let Some((_, kind)) = arguments.iter().find(|(name, _)| variable.1 == *name)
                {
                    self.chain(kind, &chain.rhs);
                }
            }
            Node::Expr(Expr::FnCall(call, position)) if call.name == "secret" => {
                self.secret(call.args.first(), *position);
            }
            _ => {}
        }
        for child in node.children() {
            self.node(child, arguments);
        }
    }

    /// Looks at the first property behind an argument, and at those of the sender.
    fn chain(&mut self, kind: &str, rest: &Expr) {
        let (first, further) = match rest {
            Expr::Dot(chain, ..) => (&chain.lhs, Some(&chain.rhs)),
            Expr::Index(chain, ..) => (&chain.lhs, None),
            first => (first, None),
        };
        let Expr::Property(property, position) = first else {
            return;
        };
        let name = property.2.as_str();
        let Some(known) = self.known(kind) else {
            return;
        };
        if !known.contains(&name) {
            let near = nearest(name, known.iter().copied());
            let help = match (near, kind) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, "options") => format!("declare it in `plugin.toml`: `[options.{name}]`"),
                (None, _) => format!("there are {}", known.join(", ")),
            };
            self.slip(
                codes::ADAPTER_UNKNOWN_NAME,
                Some(*position),
                format!("`{kind}` has no `{name}`"),
                Some(&help),
            );
        } else if let ("message", "sender", Some(further)) = (kind, name, further) {
            self.chain("sender", further);
        }
    }

    fn known(&self, kind: &str) -> Option<Vec<&str>> {
        fn names<T: Facts>() -> Vec<&'static str> {
            T::PROPERTIES.iter().map(|property| property.name).collect()
        }
        match kind {
            "message" => Some(names::<Arc<Message>>()),
            "sender" => Some(names::<Arc<Sender>>()),
            "answer" => Some(names::<Arc<Answer>>()),
            "inbound" => Some(names::<Arc<FromGateway>>()),
            "answers" => Some(names::<Arc<Answers>>()),
            "options" => {
                let options: &BTreeMap<String, OptionSpec> = &self.manifest?.options;
                Some(options.keys().map(String::as_str).collect())
            }
            _ => None,
        }
    }

    fn secret(&mut self, argument: Option<&Expr>, position: Position) {
        let Some(manifest) = self.manifest else {
            return;
        };
        let Some(Expr::StringConstant(name, _)) = argument else {
            return self.slip(
                codes::ADAPTER_UNKNOWN_NAME,
                Some(position),
                "which secret this is can't be told".into(),
                Some("write its name: `secret(\"password\")`"),
            );
        };
        let name = name.as_str();
        if manifest.secrets.contains_key(name) {
            return;
        }
        let help = match nearest(name, manifest.secrets.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{name} = \"…what it is…\"` to `[secrets]` of `plugin.toml`"),
        };
        self.slip(
            codes::ADAPTER_UNKNOWN_NAME,
            Some(position),
            format!("there is no secret `{name}`"),
            Some(&help),
        );
    }

    fn slip(&mut self, code: Code, at: Option<Position>, message: String, help: Option<&str>) {
        let mut diagnostic = Diagnostic::new(code, &self.file, message);
        if let Some(position) = at {
            let span = place(&self.source, position);
            diagnostic = diagnostic.at(self.source.clone(), span);
        }
        diagnostic.help = help.map(str::to_string);
        self.found.push(diagnostic);
    }
}

/// Whether a function declares a variable of this name.
fn declares(function: &Function, name: &str) -> bool {
    fn inside(node: Node<'_>, name: &str) -> bool {
        let here = match node {
            Node::Stmt(Stmt::Var(variable, ..)) => variable.0.name == name,
            Node::Stmt(Stmt::For(loop_, ..)) => {
                loop_.0.name == name || loop_.1.as_ref().is_some_and(|i| i.name == name)
            }
            _ => false,
        };
        here || node.children().into_iter().any(|child| inside(child, name))
    }
    function
        .body
        .iter()
        .any(|statement| inside(Node::Stmt(statement), name))
}
