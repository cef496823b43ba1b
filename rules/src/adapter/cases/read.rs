//! The form of `cases.toml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{ChannelKind, SmsEncoding};
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::kind::Kind;
use rappel_core::language::Language;
use rappel_core::provider::{HttpAnswer, Inbound};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use rappel_core::nearest;

/// A case: something that is asked, and what is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// What it claims.
    pub(super) name: Spanned<String>,
    #[serde(default)]
    message: Option<MessageFacts>,
    #[serde(default)]
    answer: Option<AnswerFacts>,
    #[serde(default)]
    inbound: Option<InboundFacts>,
    #[serde(default)]
    answers: Option<AnswersFacts>,
    #[serde(default)]
    request: Option<Value>,
    #[serde(default)]
    outcome: Option<Value>,
    #[serde(default)]
    receipts: Option<Value>,
    #[serde(default)]
    replies: Option<Value>,
    #[serde(default)]
    replied: Option<Value>,
    /// A part of the reason with which the adapter fails.
    #[serde(default)]
    fails: Option<String>,
}

/// What is expected: a value, or a failure with these words.
type Expected = Result<Value, String>;

/// What a case asks of the adapter.
pub(super) enum Asked<'c> {
    Request(&'c MessageFacts, Expected),
    Response(HttpAnswer, Expected),
    Receipts(Inbound, Expected),
    Replies(Inbound, Expected),
    Replied(&'c AnswersFacts, Expected),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "case")]
    cases: Vec<Case>,
}

/// A message; what is left out is an example.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageFacts {
    #[serde(default)]
    pub(super) channel: Option<ChannelKind>,
    #[serde(default)]
    pub(super) kind: Option<Kind>,
    #[serde(default)]
    pub(super) language: Option<Language>,
    #[serde(default)]
    pub(super) attempt: u32,
    #[serde(default)]
    pub(super) to: Option<String>,
    #[serde(default)]
    pub(super) sender: Option<SenderFacts>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) html: Option<String>,
    #[serde(default)]
    pub(super) ssml: Option<String>,
    #[serde(default)]
    pub(super) encoding: Option<SmsEncoding>,
    #[serde(default)]
    pub(super) receipts: Option<String>,
    #[serde(default)]
    pub(super) replies: Option<String>,
    #[serde(default)]
    pub(super) confirmation_requested: bool,
    #[serde(default)]
    pub(super) options: BTreeMap<String, String>,
}

/// A sender; what is left out is not set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SenderFacts {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) sms: Option<String>,
    #[serde(default)]
    pub(super) phone: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) email_name: Option<String>,
    #[serde(default)]
    pub(super) reply_to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFacts {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    json: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InboundFacts {
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    form: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    json: Option<Value>,
}

/// What the host wants said to who replied.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswersFacts {
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) language: Language,
}

/// Reads a file of cases.
pub(super) fn cases(file: &str, source: &Arc<str>) -> Result<Vec<Case>, Box<Diagnostic>> {
    toml::from_str::<File>(source)
        .map(|file| file.cases)
        .map_err(|error| {
            let message = error.message().trim_end().to_string();
            let near = message.split_once(", expected ").and_then(|(what, names)| {
                nearest(what.split('`').nth(1)?, names.split('`').skip(1).step_by(2))
            });
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let mut slip = Diagnostic::new(codes::BAD_ADAPTER_CASES, file, message);
            if let Some(span) = error.span() {
                slip = slip.at(source.clone(), span);
            }
            slip.help = help;
            Box::new(slip)
        })
}

impl Case {
    /// What it asks and expects.
    ///
    /// # Errors
    /// When it asks nothing, or two things, or expects what doesn't fit.
    pub(super) fn asked(&self) -> Result<Asked<'_>, String> {
        let fails = || self.fails.clone();
        let expected = |value: &Option<Value>, name: &str| match (value, fails()) {
            (Some(value), None) => Ok(Ok(value.clone())),
            (None, Some(part)) => Ok(Err(part)),
            _ => Err(format!("say what is expected: either `{name}` or `fails`")),
        };
        let given: Vec<&str> = [
            ("request", self.request.is_some()),
            ("outcome", self.outcome.is_some()),
            ("receipts", self.receipts.is_some()),
            ("replies", self.replies.is_some()),
            ("replied", self.replied.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let only = |name: &str| match given.iter().all(|given| *given == name) {
            true => Ok(()),
            false => Err("what is expected doesn't fit what is asked".to_string()),
        };
        match (&self.message, &self.answer, &self.inbound, &self.answers) {
            (Some(message), None, None, None) => {
                only("request")?;
                Ok(Asked::Request(message, expected(&self.request, "request")?))
            }
            (None, Some(answer), None, None) => {
                only("outcome")?;
                let expected = expected(&self.outcome, "outcome")?;
                Ok(Asked::Response(answer.answer(), expected))
            }
            (None, None, Some(inbound), None) if self.replies.is_some() => {
                only("replies")?;
                let expected = expected(&self.replies, "replies")?;
                Ok(Asked::Replies(inbound.call(), expected))
            }
            (None, None, Some(inbound), None) => {
                only("receipts")?;
                let expected = expected(&self.receipts, "receipts")?;
                Ok(Asked::Receipts(inbound.call(), expected))
            }
            (None, None, None, Some(answers)) => {
                only("replied")?;
                Ok(Asked::Replied(answers, expected(&self.replied, "replied")?))
            }
            _ => Err("a case asks one thing: `message`, `answer`, `inbound` or `answers`".into()),
        }
    }
}

impl AnswerFacts {
    fn answer(&self) -> HttpAnswer {
        let headers = self.headers.iter();
        HttpAnswer {
            status: self.status,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
                .collect(),
            body: body(self.body.as_ref(), self.json.as_ref()),
        }
    }
}

impl InboundFacts {
    fn call(&self) -> Inbound {
        Inbound {
            query: self.query.clone().into_iter().collect(),
            form: self.form.clone().into_iter().collect(),
            body: body(self.body.as_ref(), self.json.as_ref()),
        }
    }
}

fn body(text: Option<&String>, json: Option<&Value>) -> String {
    let json = || json.map(Value::to_string);
    text.cloned().or_else(json).unwrap_or_default()
}
