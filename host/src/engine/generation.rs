//! A generation: everything a clinic wrote, compiled into one immutable whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use rappel_core::channel::{ChannelKind, Content};
use rappel_core::decision::{Decision, Planned, PolicyFault};
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::kind::{Kind, Named};
use rappel_core::language::Language;
use rappel_core::message::MessageFacts;
use rappel_core::provider::Provider;
use rappel_core::settings::{Cell, Gateway, Settings};
use rappel_dsl::{Facts, FileName, Stopped, Template, Templates};
use rappel_rules::PolicySet;
use rappel_rules::adapter::{Adapter, AdapterFiles};

use super::unplanned::unplanned;

/// The files of a clinic: their texts by their paths inside its folder, with `/` between the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder(BTreeMap<String, Arc<str>>);

impl Folder {
    /// Puts a file in.
    pub fn insert(&mut self, path: &str, text: impl Into<Arc<str>>) {
        self.0.insert(path.to_string(), text.into());
    }

    /// Puts in the adapters that ship, but for those that the clinic has under the same name.
    #[must_use]
    pub fn with_adapters(mut self, stock: &Folder) -> Self {
        let own: Vec<String> = self.0.keys().cloned().collect();
        for (path, text) in stock.iter() {
            // `plugins/NAME/`: a clinic's adapter replaces all of it.
            let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
            let replaced = own.iter().any(|own| {
                own.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
            if !replaced {
                self.0.insert(path.to_string(), text.clone());
            }
        }
        self
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

    /// The files of a folder inside it, by their whole paths.
    pub(super) fn under<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.iter()
            .filter(move |(path, _)| path.starts_with(folder))
            .map(|(path, text)| (path, &**text))
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

/// What a message tells that stands in no record.
#[derive(Clone, Copy, Default)]
pub struct Beside<'b> {
    /// The links that were made for it.
    pub links: &'b [(Named, String)],
    /// The day whose appointments it lists.
    pub day: Option<NaiveDate>,
    /// Those appointments, one a line.
    pub appointments: Option<&'b str>,
    /// What the administrator is told, a point a line.
    pub report: Option<&'b str>,
}

/// A clinic's rules, whole and tried. Nothing in it ever changes.
pub struct Generation {
    id: String,
    settings: Arc<Settings>,
    policies: PolicySet,
    templates: Templates,
    adapters: BTreeMap<String, Arc<dyn Provider>>,
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
        let (settings, mut found) = Settings::read(text)?;
        let files = folder.under("templates/");
        let (templates, slips) = Templates::load(files, &settings);
        found.extend(slips);
        found.extend(missing_templates(folder, &settings));
        let adapters = adapters(folder, &settings, &mut found);
        let settings = Arc::new(settings);
        let policies = PolicySet::compile(folder.under("rules/"), &settings)
            .inspect(|policies| {
                found.extend_from_slice(policies.warnings());
                found.extend(unplanned(folder, &settings, policies.kinds()));
            })
            .map_err(|slips| found.extend(slips));
        let (Ok(policies), false) = (policies, found.iter().any(Diagnostic::is_error)) else {
            return Err(found);
        };
        Ok(Self {
            policies,
            adapters,
            id: folder.id(),
            settings,
            templates,
            warnings: found,
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

    /// The templates.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// What its author should know, though it serves.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The adapter of a gateway.
    pub fn adapter_of(&self, gateway: &Gateway) -> Option<Arc<dyn Provider>> {
        match gateway {
            Gateway::Http { adapter, .. } => self.adapters.get(adapter).cloned(),
            Gateway::File { .. } | Gateway::Console { .. } | Gateway::Smtp { .. } => None,
        }
    }

    /// The messages that policies want after an event, and the policies that failed.
    pub fn plan(&self, event: &EventFacts, visit: &Visit) -> (Vec<Planned>, Vec<PolicyFault>) {
        self.policies.plan(event, visit, &self.settings)
    }

    /// What policies say of a due message.
    pub fn check(&self, message: &MessageFacts, visit: &Visit) -> Decision {
        self.policies.check(message, visit, &self.settings)
    }

    /// The template for a message: of the language, else the one for every language.
    pub fn template(
        &self,
        kind: &Kind,
        channel: ChannelKind,
        language: Language,
    ) -> Option<&Template> {
        self.templates
            .get(kind, channel, language)
            .map(|template| &**template)
    }

    /// What a message's values are read from.
    pub fn facts<'f>(
        &'f self,
        visit: &'f Visit,
        message: &MessageFacts,
        beside: Beside<'f>,
    ) -> Facts<'f> {
        let delay = message.delay;
        let start = visit.appointment.as_ref().map(|visit| visit.start);
        let new_start = start
            .zip(delay)
            .and_then(|(start, delay)| start.checked_add(delay));
        Facts {
            event: message.event,
            confirmation_requested: message.confirmation_requested,
            links: beside.links,
            delay: delay.and_then(|delay| u32::try_from(delay.whole_seconds() / 60).ok()),
            new_start: new_start.map(|start| start.0.time()),
            day: beside.day,
            appointments: beside.appointments,
            report: beside.report,
            ..Facts::of(&self.settings, visit, message.channel)
        }
    }

    /// A message's words.
    ///
    /// # Errors
    /// When it must not go: a value is absent that has to be there, or nothing is left to read.
    pub fn render(
        &self,
        template: &Template,
        visit: &Visit,
        message: &MessageFacts,
        beside: Beside<'_>,
    ) -> Result<Content, Stopped> {
        template.render(&self.facts(visit, message, beside))
    }
}

/// A message that is switched on and has no template would be kept back when it is due: it is told
/// when the clinic is read.
fn missing_templates(folder: &Folder, settings: &Settings) -> Vec<Diagnostic> {
    let there: Vec<FileName> = folder
        .under("templates/")
        .filter_map(|(path, _)| FileName::parse(path).ok())
        .collect();
    let has = |kind: &Kind, channel: ChannelKind| {
        there.iter().any(|name| {
            // One in another language than the clinic's serves only those who prefer it.
            matches!(name, FileName::Template { kind: k, channel: c, language }
                if k == kind && *c == channel && language.is_none_or(|l| l == settings.language))
        })
    };
    let mut missing = Vec::new();
    for (kind, cells) in &settings.messages {
        for channel in ChannelKind::ALL {
            if cells.get(channel) != Cell::Off && !has(kind, channel) {
                let message =
                    format!("`{kind}` goes by {channel}, but there is no template for it");
                let help =
                    format!("write templates/{kind}.{channel}.trd, or set the cell to \"off\"");
                missing
                    .push(Diagnostic::new(codes::NO_TEMPLATE, "clinic.toml", message).help(help));
            }
        }
    }
    missing
}

/// The adapters of a folder, each tried with its cases.
fn adapters(
    folder: &Folder,
    settings: &Settings,
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Arc<dyn Provider>> {
    let names: BTreeSet<&str> = folder
        .under("plugins/")
        .filter_map(|(path, _)| path.strip_prefix("plugins/")?.split_once('/'))
        .map(|(name, _)| name)
        .collect();
    let mut adapters: BTreeMap<String, Arc<dyn Provider>> = BTreeMap::new();
    for name in &names {
        let place = format!("plugins/{name}");
        let file = |file: &str| folder.get(&format!("{place}/{file}"));
        let (Some(manifest), Some(script)) = (file("plugin.toml"), file("adapter.rhai")) else {
            let message = "an adapter's folder holds plugin.toml and adapter.rhai";
            found.push(
                Diagnostic::new(codes::BAD_FILE, &place, message)
                    .help("write what is missing; docs/adapters.md shows how"),
            );
            continue;
        };
        let files = AdapterFiles {
            folder: &place,
            manifest,
            script,
            cases: file("cases.toml").map(|text| &**text),
        };
        match Adapter::load(files) {
            Ok(adapter) => {
                adapters.insert((*name).to_string(), Arc::new(adapter));
            }
            Err(slips) => found.extend(slips),
        }
    }
    for (gateway, kind) in &settings.gateways {
        if let Gateway::Http { adapter, .. } = kind
            && !names.contains(adapter.as_str())
        {
            let known: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            let message =
                format!("gateway `{gateway}` names the adapter `{adapter}`, which isn't there");
            let help = format!(
                "there are {}; your own is a folder in plugins/",
                known.join(", ")
            );
            found.push(Diagnostic::new(codes::BAD_FILE, "clinic.toml", message).help(help));
        }
    }
    adapters
}
