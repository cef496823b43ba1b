//! The argument of `response`, and what it answers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rappel_core::channel::Outcome;
use rappel_core::provider::HttpAnswer;
use rhai::{Dynamic, Engine};

use super::json;
use super::properties::{Facts, optional, properties};

/// A gateway's answer as a script sees it.
pub(super) struct Answer {
    answer: HttpAnswer,
    json: OnceLock<Dynamic>,
}

impl Answer {
    pub(super) fn of(answer: &HttpAnswer) -> Arc<Self> {
        Arc::new(Self {
            answer: answer.clone(),
            json: OnceLock::new(),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.answer.headers.iter();
        headers
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Facts for Arc<Answer> {
    const NAME: &'static str = "answer";
    const PROPERTIES: &'static [super::properties::Property<Self>] = properties! {
        "status" "The status code." |a| i64::from(a.answer.status).into();
        "ok" "Whether the status says that all went well: 200 to 299."
            |a| (200..300).contains(&a.answer.status).into();
        "body" "The body, of which the first 8,000 bytes." |a| json::cut(&a.answer.body).into();
        "json" "The body read as JSON, of any length; `()` where it is none."
            |a| a.json.get_or_init(|| json::read(&a.answer.body)).clone();
        "retry_after" "The seconds that a `Retry-After` header asks to wait; otherwise `()`."
            |a| a.answer.retry_after().map_or(Dynamic::UNIT, |wait| {
                i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).into()
            });
    };
}

/// What a script says of a message.
#[derive(Clone)]
struct Said(Outcome);

/// What `response` answered: nothing leaves it to the status code.
pub(super) fn outcome(answer: Dynamic) -> Option<Option<Outcome>> {
    if answer.is_unit() {
        return Some(None);
    }
    answer.try_cast::<Said>().map(|said| Some(said.0))
}

pub(super) fn register(engine: &mut Engine) {
    Arc::<Answer>::register(engine);
    engine
        .register_type_with_name::<Said>("outcome")
        .register_fn("header", |answer: &mut Arc<Answer>, name: &str| {
            optional(answer.header(name).map(json::cut).as_deref())
        })
        .register_fn("accepted", || Said(Outcome::Accepted { gateway_id: None }))
        .register_fn("accepted", |id: Dynamic| {
            let gateway_id = (!id.is_unit()).then(|| id.to_string());
            Said(Outcome::Accepted { gateway_id })
        })
        .register_fn("refused", |why: &str| {
            let reason = why.to_string();
            Said(Outcome::Refused { reason })
        })
        .register_fn("busy", |why: &str| busy(why, None))
        .register_fn("busy", |why: &str, seconds: Dynamic| {
            busy(why, seconds.as_int().ok())
        })
        .register_fn("unanswered", |why: &str| {
            let reason = why.to_string();
            Said(Outcome::Unanswered { reason })
        });
}

fn busy(why: &str, seconds: Option<i64>) -> Said {
    // A day at most: a gateway that says more means something else.
    let wait = seconds.map(|seconds| Duration::from_secs(seconds.clamp(0, 86_400).unsigned_abs()));
    Said(Outcome::Busy {
        reason: why.to_string(),
        retry_after: wait,
    })
}
