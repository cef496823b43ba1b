//! The argument of `replied`, and what it answers.

use std::sync::Arc;

use rappel_core::Language;
use rappel_core::provider::HttpReply;
use rhai::{Dynamic, Engine, EvalAltResult};

use super::json;
use super::properties::{Facts, optional, properties};
use crate::sandbox::says;

/// What the host wants said to who replied.
pub(super) struct Answers {
    text: Option<String>,
    language: Language,
}

impl Answers {
    pub(super) fn of(text: Option<&str>, language: Language) -> Arc<Self> {
        let text = text.map(json::cut);
        Arc::new(Self { text, language })
    }
}

impl Facts for Arc<Answers> {
    const NAME: &'static str = "answers";
    const PROPERTIES: &'static [super::properties::Property<Self>] = properties! {
        "text" "A short sentence to the patient: `\"Merci, votre rendez-vous est confirmé.\"`; `()` where there is none."
            |a| optional(a.text.as_deref());
        "language" "The language it is in: `\"fr\"`." |a| a.language.code().into();
    };
}

/// What `replied` answered: nothing is a status that says yes.
pub(super) fn body(answer: Dynamic) -> Option<Option<HttpReply>> {
    if answer.is_unit() {
        return Some(None);
    }
    answer.try_cast::<HttpReply>().map(Some)
}

pub(super) fn register(engine: &mut Engine) {
    Arc::<Answers>::register(engine);
    engine
        .register_type_with_name::<HttpReply>("body")
        .register_fn(
            "body",
            |content_type: &str, text: &str| -> Result<HttpReply, Box<EvalAltResult>> {
                // It becomes a header, where a line break would begin another.
                if content_type.is_empty() || content_type.contains(|c| !matches!(c, ' '..='~')) {
                    return Err(says("a type is written in letters such as `text/xml`"));
                }
                // Nothing puts secrets in here.
                if text.contains('\u{1}') {
                    return Err(says("an answer can't hold a secret"));
                }
                Ok(HttpReply {
                    content_type: content_type.to_string(),
                    body: text.to_string(),
                })
            },
        );
}
