//! The kinds of message that a policy plans, as far as its text says.

use std::collections::BTreeSet;

use rappel_core::Kind;
use rappel_core::diagnostic::codes;
use rappel_core::kind::About;
use rhai::{Expr, Stmt};

use super::{Found, Names};
use crate::hooks::PLAN;
use crate::sandbox::{Node, Script};

/// The kinds of message that policies plan.
#[derive(Clone, Debug, Default)]
pub struct PlannedKinds {
    /// Those that stand in a `message(…)`.
    named: BTreeSet<String>,
    /// Texts of policies that plan a kind which doesn't: any of them may be its name.
    texts: BTreeSet<String>,
    open: bool,
}

impl PlannedKinds {
    /// Those of a policy.
    pub(super) fn of(script: &Script) -> Self {
        let mut texts = BTreeSet::new();
        let mut kinds = Self::default();
        let statements = script.functions.iter().flat_map(|function| &function.body);
        for statement in statements {
            kinds.look(Node::Stmt(statement), &mut texts);
        }
        if kinds.open {
            kinds.texts = texts;
        }
        kinds
    }

    fn look(&mut self, node: Node<'_>, texts: &mut BTreeSet<String>) {
        let call = match node {
            Node::Stmt(Stmt::FnCall(call, _)) | Node::Expr(Expr::FnCall(call, _)) => Some(call),
            _ => None,
        };
        if let Some(call) = call.filter(|call| call.name == "message") {
            match call.args.first() {
                Some(Expr::StringConstant(kind, _)) => {
                    self.named.insert(kind.to_string());
                }
                _ => self.open = true,
            }
        }
        if let Node::Expr(Expr::StringConstant(text, _)) = node {
            texts.insert(text.to_string());
        }
        for child in node.children() {
            self.look(child, texts);
        }
    }

    /// What is told of a policy whose every message is of a kind that is switched off.
    pub(super) fn switched_off(&self, script: &Script, names: &Names<'_>) -> Option<Found> {
        let on = names.on.as_ref()?;
        let kinds: Vec<Kind> = self
            .named
            .iter()
            .map_while(|name| Kind::parse(name).ok())
            .collect();
        let off = |kind: &Kind| {
            // A kind that isn't declared is told where it stands; Rappel writes to the administrator itself.
            names.kinds.contains(&kind.as_str())
                && !on.contains(&kind.as_str())
                && kind.about() != About::Clinic
        };
        if self.open || kinds.is_empty() || kinds.len() < self.named.len() || !kinds.iter().all(off)
        {
            return None;
        }
        let plan = script.function("plan", PLAN.len())?;
        let told: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        let message = format!(
            "`plan` is asked for nothing: all it plans is off for every channel in `[messages]`: {}",
            told.join(", ")
        );
        let help = format!(
            "switch it on in `[messages]` of clinic.toml: `{} = {{ sms = \"on\" }}`; or take the policy away",
            kinds.first()?
        );
        Some(Found::new(codes::SWITCHED_OFF_PLAN, plan.position, message).help(help))
    }

    /// Puts those of other policies to them.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.named.extend(other.named.iter().cloned());
        self.texts.extend(other.texts.iter().cloned());
        self.open |= other.open;
    }

    /// Whether a policy plans the kind, or may: it is a stock one, or a policy has its name.
    pub fn has(&self, kind: &Kind) -> bool {
        let name = kind.as_str();
        kind.stock().is_some() || self.named.contains(name) || self.texts.contains(name)
    }

    /// The kinds that stand in a `message(…)`.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(String::as_str)
    }

    /// Whether a policy plans a kind whose name can't be told from its text, so that there may be others.
    pub fn is_open(&self) -> bool {
        self.open
    }
}
