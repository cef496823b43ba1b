//! What the exchange reads in a document of TwiML: what is said, and where a pressed key goes.

use roxmltree::{Document, Node};

use super::super::PeerError;

/// The tags of SSML that Twilio's `Say` takes: <https://www.twilio.com/docs/voice/twiml/say>.
const SSML: [&str; 10] = [
    "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w",
];

/// A document of TwiML that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twiml {
    /// What each `Say` says, without its tags.
    pub said: Vec<String>,
    /// The language of each `Say`.
    pub languages: Vec<String>,
    /// The tags inside what is said, each once.
    pub tags: Vec<String>,
    /// Where a pressed key goes; `None` where none is asked for.
    pub action: Option<String>,
}

impl Twiml {
    /// Reads a document.
    ///
    /// # Errors
    /// When it is no XML, no TwiML, or has something in it that the exchange doesn't know.
    pub fn read(text: &str) -> Result<Self, PeerError> {
        let wrong = |what: String| PeerError::new(format!("{what}: {text}"));
        let document = Document::parse(text).map_err(|error| wrong(error.to_string()))?;
        if !document.root_element().has_tag_name("Response") {
            return Err(wrong("TwiML begins with `Response`".into()));
        }
        let mut twiml = Self {
            said: Vec::new(),
            languages: Vec::new(),
            tags: Vec::new(),
            action: None,
        };
        for verb in document.root_element().children() {
            twiml.verb(verb, true).map_err(wrong)?;
        }
        Ok(twiml)
    }

    fn verb(&mut self, verb: Node<'_, '_>, outside: bool) -> Result<(), String> {
        if verb.is_text() && verb.text().is_some_and(|text| text.trim().is_empty()) {
            return Ok(());
        }
        match verb.tag_name().name() {
            "Say" => self.say(verb),
            "Pause" => Ok(()),
            "Gather" if outside => {
                if self.action.is_some() {
                    return Err("two verbs ask for a key".into());
                }
                let action = verb.attribute("action").ok_or("`Gather` has no `action`")?;
                if verb.attribute("numDigits") != Some("1") {
                    return Err("`Gather` waits for more than a key".into());
                }
                self.action = Some(action.to_string());
                verb.children().try_for_each(|verb| self.verb(verb, false))
            }
            other => Err(format!("there is no verb `{other}` here")),
        }
    }

    fn say(&mut self, say: Node<'_, '_>) -> Result<(), String> {
        let mut said = String::new();
        for node in say.descendants().skip(1) {
            if let Some(text) = node.text().filter(|_| node.is_text()) {
                said.push_str(text);
                continue;
            }
            let tag = node.tag_name().name();
            if !SSML.contains(&tag) {
                return Err(format!("`Say` knows no tag `{tag}`"));
            }
            if !self.tags.iter().any(|known| known == tag) {
                self.tags.push(tag.to_string());
            }
        }
        if said.trim().is_empty() {
            return Err("a `Say` says nothing".into());
        }
        self.said.push(said);
        let language = say.attribute("language").unwrap_or("en-US");
        self.languages.push(language.to_string());
        Ok(())
    }
}
