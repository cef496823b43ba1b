//! A generation: everything a clinic wrote, compiled into one immutable whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{ChannelKind, Content};
use rappel_core::decision::{Decision, Planned};
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::kind::Kind;
use rappel_core::language::Language;
use rappel_core::message::MessageFacts;
use rappel_core::provider::Provider;
use rappel_core::settings::{Gateway, Settings};


/// The files of a clinic: their texts by their paths inside its folder, with `/` between the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder(BTreeMap<String, Arc<str>>);

impl Folder {
    /// Puts a file in.
    pub fn insert(&mut self, path: &str, text: impl Into<Arc<str>>) {
        self.0.insert(path.to_string(), text.into());
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&Arc<str>> {
        self.0.get(path)
    }

    /// Every file, by its path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text))
    }

    /// The name of what it compiles to: the first 12 hexadecimal digits of a hash of its contents
    /// and of the version of Rappel, whose stock policies are part of every generation.
    pub fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        for (path, text) in &self.0 {
            for part in [path.as_str(), text] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex()[..12].to_string()
    }
}

/// A clinic's rules, whole and tried. Nothing in it ever changes.
pub struct Generation {
    id: String,
    settings: Arc<Settings>,
    warnings: Vec<Diagnostic>,
}

impl Generation {
    /// Compiles a folder and runs every case.
    ///
    /// # Errors
    /// Everything that is wrong with it, warnings included.
    pub fn compile(folder: &Folder) -> Result<Self, Vec<Diagnostic>> {
        let text = folder.get("clinic.toml").ok_or_else(|| {
            vec![Diagnostic::new(
                codes::BAD_FILE,
                "clinic.toml",
                "there is no clinic.toml",
            )]
        })?;
        let (settings, warnings) = Settings::read(text)?;
        Ok(Self {
            id: folder.id(),
            settings: Arc::new(settings),
            warnings,
        })
    }

    /// The hash of its contents.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The settings.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// What its author should know, though it serves.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The adapter of a gateway.
    pub fn adapter_of(&self, _gateway: &Gateway) -> Option<Arc<dyn Provider>> {
        None
    }

    /// The messages that policies want after an event, and a sentence for each policy that failed.
    pub fn plan(&self, _event: &EventFacts, _visit: &Visit) -> (Vec<Planned>, Vec<String>) {
        (Vec::new(), Vec::new())
    }

    /// What policies say of a due message.
    pub fn check(&self, _message: &MessageFacts, _visit: &Visit) -> Decision {
        Decision {
            answers: Vec::new(),
        }
    }

    /// The template of a kind and channel in a language, or in the clinic's.
    pub fn template(
        &self,
        _kind: &Kind,
        _channel: ChannelKind,
        _language: Language,
    ) -> Option<&()> {
        Some(&())
    }

    /// A message's words.
    pub fn render(
        &self,
        _template: &(),
        _visit: &Visit,
        _facts: &MessageFacts,
        _links: &[(rappel_core::kind::Named, String)],
        _language: Language,
    ) -> Result<Content, String> {
        Err("no".into())
    }
}
