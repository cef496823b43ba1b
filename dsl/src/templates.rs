//! All the templates of a clinic, by kind, channel and language.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::{ChannelKind, Diagnostic, Kind, Language, Settings};

use crate::check::Part;
use crate::file_name::FileName;
use crate::options::Options;
use crate::parse::{self, File};
use crate::template::{self, Template, compile};

/// The templates of a clinic. Immutable and cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// The language of templates whose names say none.
    language: Language,
    templates: BTreeMap<(Kind, ChannelKind, Option<Language>), Arc<Template>>,
    parts: BTreeMap<(String, Option<Language>), Arc<Part>>,
}

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
                    // A part that nothing includes is still read: its slips of form are told.
                    parse::parse(&File::new(file, source), source, &mut diagnostics);
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
        for (file, source, kind, channel, language) in texts {
            let options = Options::of(
                settings,
                kind.clone(),
                channel,
                language.unwrap_or(settings.language),
            );
            let compiled = compile(file, source, &options, &|name| {
                this.part(name, options.language)
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
    pub fn part(&self, name: &str, language: Language) -> Option<Part> {
        [Some(language), None]
            .into_iter()
            .find_map(|language| self.parts.get(&(name.to_ascii_lowercase(), language)))
            .map(|part| Part::clone(part))
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
