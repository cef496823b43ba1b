//! All the templates of a clinic, by kind, channel and language.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rappel_core::diagnostic::codes;
use rappel_core::{ChannelKind, Diagnostic, Kind, Language, Settings, nearest, surely_meant};

use crate::check::{self, NoPart, Part};
use crate::file_name::FileName;
use crate::options::Options;
use crate::parse::File;
use crate::template::{self, Template, compile};

/// The templates of a clinic. Immutable and cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// The language of templates whose names say none.
    language: Language,
    templates: BTreeMap<(Kind, ChannelKind, Option<Language>), Arc<Template>>,
    parts: BTreeMap<PartKey, Arc<Part>>,
}

/// A part's name, and the language of the templates that it is for.
type PartKey = (String, Option<Language>);

impl Templates {
    /// Compiles every file of `templates/`: pairs of a file's name, as diagnostics call it, and its text. All
    /// that is wrong or doubtful comes with them, what SMS can cost included; a template with an error is left
    /// out.
    pub fn load<'t>(
        files: impl IntoIterator<Item = (&'t str, &'t str)>,
        settings: &Settings,
    ) -> (Self, Vec<Diagnostic>) {
        let mut this = Self {
            language: settings.language,
            ..Self::default()
        };
        let mut diagnostics = Vec::new();
        let mut texts = Vec::new();
        for (file, source) in files {
            match FileName::parse(file) {
                Ok(FileName::Part { name, language }) => {
                    let part = Part {
                        file: file.into(),
                        source: source.into(),
                    };
                    this.parts.insert((name, language), Arc::new(part));
                }
                Ok(FileName::Template {
                    kind,
                    channel,
                    language,
                }) => texts.push((file, source, kind, channel, language)),
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        let included = RefCell::new(BTreeSet::new());
        for (file, source, kind, channel, language) in texts {
            let options = Options::of(
                settings,
                kind.clone(),
                channel,
                language.unwrap_or(settings.language),
            );
            let compiled = compile(file, source, &options, &|name| {
                let (key, part) = this.find(name, options.language)?;
                included.borrow_mut().insert(key.clone());
                Ok(Part::clone(part))
            });
            diagnostics.extend(compiled.diagnostics);
            let Some(template) = compiled.template else {
                continue;
            };
            if let Some(cost) = template.cost() {
                diagnostics.extend(template.cost_diagnostics(file, &cost));
            }
            this.templates
                .insert((kind, channel, language), Arc::new(template));
        }
        this.check_alone(&included.into_inner(), settings, &mut diagnostics);
        // What several templates include is told once.
        template::in_order(&mut diagnostics);
        (this, diagnostics)
    }

    /// The template for a person who prefers `language`: the one in it, or else the one whose name says no
    /// language, or else the one in the clinic's.
    pub fn get(
        &self,
        kind: &Kind,
        channel: ChannelKind,
        language: Language,
    ) -> Option<&Arc<Template>> {
        [Some(language), None, Some(self.language)]
            .into_iter()
            .find_map(|language| self.templates.get(&(kind.clone(), channel, language)))
    }

    /// The text of a part as a template in `language` includes it.
    ///
    /// # Errors
    /// When there is none, with the nearest that there is.
    pub fn part(&self, name: &str, language: Language) -> Result<Part, NoPart> {
        self.find(name, language).map(|(_, part)| Part::clone(part))
    }

    fn find(&self, name: &str, language: Language) -> Result<(&PartKey, &Arc<Part>), NoPart> {
        let name = name.to_ascii_lowercase();
        let in_language = |language| self.parts.get_key_value(&(name.clone(), language));
        in_language(Some(language))
            .or_else(|| in_language(None))
            .ok_or_else(|| {
                let others = self
                    .parts
                    .keys()
                    .filter(|(_, of)| of.is_none_or(|of| of == language));
                let others: Vec<&str> = others.map(|(name, _)| name.as_str()).collect();
                NoPart {
                    nearest: nearest(&name, others.iter().copied()).map(str::to_string),
                    surely: surely_meant(&name, others).map(str::to_string),
                }
            })
    }

    /// Checks the parts that no template comes to, as far as they can be without one.
    fn check_alone(
        &self,
        included: &BTreeSet<PartKey>,
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        for (key, part) in self.parts.iter().filter(|(key, _)| !included.contains(key)) {
            let (name, language) = key;
            let language = language.unwrap_or(settings.language);
            let options = Options::of(settings, Kind::REMINDER, ChannelKind::Email, language);
            let file = File::new(&part.file, &part.source);
            let parts = |name: &str| self.part(name, language);
            check::check_alone(name, &file, &options, &parts, diagnostics);
            let message = format!("no template includes the part `{name}`");
            let help = format!("write `[INCLUDE {name}]` where it belongs, or take the file away");
            diagnostics.push(Diagnostic::new(codes::UNUSED_PART, &part.file, message).help(help));
        }
    }

    /// Every template, with what its name says.
    pub fn iter(
        &self,
    ) -> impl Iterator<Item = (&Kind, ChannelKind, Option<Language>, &Arc<Template>)> {
        self.templates
            .iter()
            .map(|((kind, channel, language), template)| (kind, *channel, *language, template))
    }

    /// The names of the parts, for completion.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(|(name, _)| name.as_str())
    }
}
