//! What adapters' scripts may call beside Rhai's own functions.

use std::sync::Arc;

use rappel_core::channel::Sender;
use rappel_core::provider::secret_mark;
use rhai::{Dynamic, Engine};

use super::json::Tree;
use super::message::{Message, Options};
use super::properties::Facts;
use super::request::{self, Request};
use super::{answer, encode, inbound, replied, xml};

/// A function that scripts may call.
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// How it is called.
    pub(super) form: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
}

/// Functions that belong together.
pub(super) struct Group {
    /// The heading they stand under in the reference.
    pub(super) title: &'static str,
    /// The functions.
    pub(super) functions: &'static [Function],
}

macro_rules! groups {
    ($($title:literal { $($name:literal $form:literal $summary:literal;)+ })+) => {
        /// Every function, in the order of the reference.
        pub(super) const GROUPS: &[Group] = &[$(Group {
            title: $title,
            functions: &[$(Function { name: $name, form: $form, summary: $summary },)+],
        },)+];
    };
}

groups! {
    "Requests" {
        "get" "get(url)" "A GET request.";
        "post" "post(url)" "A POST request.";
        "put" "put(url)" "A PUT request.";
        "query" "request.query(#{name: value})" "Adds parameters to the URL, encoded. `()` leaves one out, a list repeats one.";
        "form" "request.form(#{name: value})" "Sends a form. `()` leaves a field out, a list repeats one.";
        "json" "request.json(value)" "Sends JSON: a map, a list, any value. `()` leaves a field out.";
        "text" "request.text(type, text)" "Sends any other text, with its `Content-Type`.";
        "header" "request.header(name, value)" "Adds a header.";
        "login" "request.login(user, password)" "Logs in as HTTP basic authentication does.";
        "bearer" "request.bearer(token)" "Logs in with a token: `Authorization: Bearer …`.";
        "secret" "secret(\"name\")" "A mark that the host replaces by the secret when it sends; encoded as its place needs it.";
    }
    "What became of a message: answers of `response`" {
        "accepted" "accepted(id)" "The gateway took it; `id` is its name for it, and may be left out.";
        "refused" "refused(why)" "It will never take it.";
        "busy" "busy(why, seconds)" "It took nothing now and may later; `seconds`, which may be left out, is the wait it asked for.";
        "unanswered" "unanswered(why)" "Whether it took it can't be told.";
    }
    "Receipts and replies: answers of `receipt`, `reply` and `replied`" {
        "ours" "ours(reference)" "The message with our reference.";
        "theirs" "theirs(id)" "The message that the gateway accepted under this name.";
        "delivered" "delivered(of)" "It arrived; `of` is `ours(…)` or `theirs(…)`.";
        "sent" "sent(of)" "It is on its way.";
        "failed" "failed(of, why)" "It never will arrive.";
        "lasted" "receipt.lasted(seconds)" "The same, of a call that was so long: `delivered(of).lasted(42)`. It is paid by that; `()` says nothing.";
        "wrote" "wrote(number, text, id, of)" "Somebody wrote back; `id`, the gateway's name for it, and `of`, the message that they answer, may be left out.";
        "pressed" "pressed(of, key, id)" "A key was pressed in a call: `\"1\"` says yes, `\"2\"` no, and any other goes to a person; `of` is `ours(…)`, and `id` may be left out.";
        "body" "body(type, text)" "What `replied` answers the gateway: a text with its `Content-Type`.";
    }
    "Values" {
        "header" "answer.header(name)" "A header of an answer; `()` where there is none.";
        "parse_json" "parse_json(text)" "The value that JSON writes; `()` where the text is none.";
        "json_text" "json_text(value)" "A value written as JSON.";
        "entries" "json.entries()" "The entries of a JSON list, at most 250, to loop over.";
        "encode" "encode(text)" "The text as a part of an URL, percent-encoded; the values of `query` and `form` don't need it.";
        "escape_xml" "escape_xml(text)" "The text as XML holds it, between tags and in attributes.";
        "keep_tags" "keep_tags(xml, [\"p\", \"break\"])" "XML without its other tags; what is inside them stays, escaped as it was.";
    }
}

/// The names of the functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let functions = GROUPS.iter().flat_map(|group| group.functions);
    functions.map(|function| function.name)
}

/// Makes types and functions known to an engine.
pub(super) fn register(engine: &mut Engine) {
    Arc::<Message>::register(engine);
    Arc::<Sender>::register(engine);
    Options::register(engine);
    Request::register(engine);
    Tree::register(engine);
    answer::register(engine);
    inbound::register(engine);
    replied::register(engine);
    engine
        .register_fn("secret", secret_mark)
        .register_fn("encode", encode::encode)
        .register_fn("escape_xml", xml::escape)
        .register_fn("keep_tags", xml::keep_tags)
        .register_fn("json_text", |value: Dynamic| {
            request::to_json(value).map(|value| value.to_string())
        });
}

/// What a value is, for a sentence.
pub(super) fn kind_of(value: &Dynamic) -> &'static str {
    if value.is_unit() {
        "nothing"
    } else if value.is_string() || value.is_char() {
        "a text"
    } else if value.is_int() || value.is_decimal() || value.is_float() {
        "a number"
    } else if value.is_bool() {
        "true or false"
    } else if value.is_array() {
        "a list"
    } else if value.is_map() {
        "a map"
    } else if value.is::<Tree>() {
        "JSON"
    } else if value.is::<Request>() {
        "a request"
    } else {
        "something else"
    }
}
