//! A generation: everything a clinic wrote, compiled into one immutable whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use rappel_core::channel::{ChannelKind, Content};
use rappel_core::decision::{Decision, Planned, PolicyFault};
use rappel_core::diagnostic::{Code, Diagnostic, codes};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::kind::{Kind, Named};
use rappel_core::language::Language;
use rappel_core::message::MessageFacts;
use rappel_core::provider::Provider;
use rappel_core::settings::{Gateway, Inspection, Settings};
use rappel_core::shadow::in_place_of;
use rappel_core::store::KeptFolder;
use rappel_dsl::{Facts, Stopped, Template, Templates};
use rappel_rules::adapter::{Adapter, AdapterFiles};
use rappel_rules::{InShadow, Planning, PolicySet, policy_file};

use super::unplanned::unplanned;
use super::{allowed, templates};

/// The files of a clinic: their texts by their paths inside its folder, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    files: BTreeMap<String, Arc<str>>,
    unreadable: Vec<Diagnostic>,
}

impl Folder {
    /// The files by which a clinic was served.
    pub fn of(kept: &KeptFolder) -> Self {
        let mut folder = Self::default();
        for (path, text) in &kept.files {
            folder.insert(path, text.as_str());
        }
        folder
    }

    /// Puts a file in.
    pub fn insert(&mut self, path: &str, text: impl Into<Arc<str>>) {
        self.files.insert(path.to_string(), text.into());
    }

    /// Notes a file that is there and can't be used, with as much of its text as could be read: the others
    /// are checked as if it were in order. A folder with such a file never serves.
    pub fn insert_unreadable(&mut self, text: &str, why: Diagnostic) {
        self.insert(&why.file.clone(), text);
        self.unreadable.push(why);
    }

    /// Why files can't be used.
    pub fn unreadable(&self) -> &[Diagnostic] {
        &self.unreadable
    }

    pub(super) fn is_unreadable(&self, path: &str) -> bool {
        self.unreadable.iter().any(|why| why.file == path)
    }

    /// Puts in the adapters that ship, but for those that the clinic has under the same name.
    #[must_use]
    pub fn with_adapters(mut self, stock: &Folder) -> Self {
        let own: Vec<String> = self.files.keys().cloned().collect();
        for (path, text) in stock.iter() {
            // `plugins/NAME/`: a clinic's adapter replaces all of it.
            let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
            let replaced = own.iter().any(|own| {
                own.strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
            if !replaced {
                self.files.insert(path.to_string(), text.clone());
            }
        }
        self
    }

    /// The files with each policy in shadow, and its cases, in the place of the one of its name; `None` where
    /// none is in shadow.
    pub fn with_shadows_obeyed(&self) -> Option<Self> {
        let shadowed: BTreeSet<&str> = self
            .under("rules/")
            .filter_map(|(path, _)| match policy_file(path)? {
                (name, ".rhai") => in_place_of(name),
                _ => None,
            })
            .collect();
        let mut folder = Self {
            unreadable: self.unreadable.clone(),
            ..Self::default()
        };
        for (path, text) in self.iter() {
            let file = path.starts_with("rules/").then(|| policy_file(path));
            let Some((name, ending)) = file.flatten() else {
                folder.insert(path, text.clone());
                continue;
            };
            match in_place_of(name) {
                Some(name) => folder.insert(&format!("rules/{name}{ending}"), text.clone()),
                // Another stands in its place.
                None if shadowed.contains(name) => {}
                None => folder.insert(path, text.clone()),
            }
        }
        (!shadowed.is_empty()).then_some(folder)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&Arc<str>> {
        self.files.get(path)
    }

    /// Every file, by its path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text))
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
        for (path, text) in &self.files {
            for part in [path.as_str(), text] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        // Replaced characters must not make a file look like the one that serves.
        for why in &self.unreadable {
            hasher.update(why.to_string().as_bytes());
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
    /// A family's appointments, where the message is about several.
    pub family: Option<&'b str>,
    /// What the administrator is told, a point a line.
    pub report: Option<&'b str>,
}

/// A clinic's rules, whole and tried. Nothing in it ever changes.
pub struct Generation {
    id: String,
    settings: Arc<Settings>,
    policies: Arc<PolicySet>,
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
        let inspection = Settings::inspect(text);
        let settings = match &inspection.settings {
            Some(settings) if inspection.is_usable() && folder.unreadable.is_empty() => settings,
            _ => return Err(slips(folder, &inspection)),
        };
        let settings = Arc::new(settings.clone());
        let mut found = inspection.found;
        let files = folder.under("templates/");
        let (compiled, slips) = Templates::load(files, &settings);
        found.extend(slips);
        found.extend(templates::missing(folder, &settings, &inspection.text));
        found.extend(templates::switched_off(folder, &settings));
        found.extend(templates::without_family(folder, &compiled, &settings));
        let adapters = adapters(folder, &mut found);
        found.extend(
            missing_adapters(folder, &settings, &inspection.text).map(|(_, missing)| missing),
        );
        let policies = PolicySet::compile(folder.under("rules/"), &settings)
            .inspect(|policies| {
                found.extend_from_slice(policies.warnings());
                found.extend(unplanned(folder, &settings, policies.kinds()));
            })
            .map_err(|slips| found.extend(slips));
        allowed::take_out(&mut found, &settings, &inspection.text);
        let (Ok(policies), false) = (policies, found.iter().any(Diagnostic::is_error)) else {
            return Err(found);
        };
        Ok(Self {
            policies: Arc::new(policies),
            adapters,
            id: folder.id(),
            settings,
            templates: compiled,
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

    /// How each policy comes to what it wants after an event; those in shadow after the others.
    pub fn plannings(&self, event: &EventFacts, visit: &Visit) -> Vec<Planning> {
        self.policies.plannings(event, visit, &self.settings)
    }

    /// For each policy in shadow what all would want after an event with it in its place.
    pub fn plan_in_shadow(
        &self,
        event: &EventFacts,
        visit: &Visit,
        wanted: &[Planned],
    ) -> Vec<InShadow> {
        self.policies
            .plan_in_shadow(event, visit, &self.settings, wanted)
    }

    /// The same policies and templates under other settings, to ask what would be. It never serves.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn with(&self, values: &toml::Table) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self {
            id: self.id.clone(),
            settings: Arc::new(self.settings.with(values)?),
            policies: self.policies.clone(),
            templates: self.templates.clone(),
            adapters: self.adapters.clone(),
            warnings: Vec::new(),
        })
    }

    /// What policies say of a due message.
    pub fn check(&self, message: &MessageFacts, visit: &Visit) -> Decision {
        self.policies.check(message, visit, &self.settings)
    }

    /// The policies in shadow that say something of due messages, or take away what another says.
    pub fn checks_in_shadow(&self) -> impl Iterator<Item = &Arc<str>> {
        self.policies.checks_in_shadow()
    }

    /// What policies say of a due message with one in shadow in its place, where `decision` is what they say
    /// as they are.
    pub fn check_in_shadow(
        &self,
        shadow: &str,
        message: &MessageFacts,
        visit: &Visit,
        decision: &Decision,
    ) -> Decision {
        self.policies
            .check_in_shadow(shadow, message, visit, &self.settings, decision)
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
            family: beside.family,
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

/// A diagnostic with the place of a setting.
pub(super) fn placed(diagnostic: Diagnostic, text: &Arc<str>, key: &str) -> Diagnostic {
    match Settings::place(text, key) {
        Some(place) => diagnostic.at(text.clone(), place),
        None => diagnostic,
    }
}

/// Everything that is wrong with a folder that can't serve, as far as it can be told without the settings
/// and files that can't be used.
fn slips(folder: &Folder, inspection: &Inspection) -> Vec<Diagnostic> {
    let certain = |key: &str| !folder.is_unreadable("clinic.toml") && inspection.is_certain(key);
    let mut found = inspection.found.clone();
    adapters(folder, &mut found);
    if let Some(settings) = &inspection.settings {
        let (_, slips) = Templates::load(folder.under("templates/"), settings);
        let told = |slip: &Diagnostic| settings_behind(slip.code).iter().all(|key| certain(key));
        found.extend(slips.into_iter().filter(told));
        if certain("language") {
            found.extend(templates::missing(folder, settings, &inspection.text));
        }
        let missing = missing_adapters(folder, settings, &inspection.text);
        let told = missing.filter(|(gateway, _)| certain(&format!("gateways.{gateway}")));
        found.extend(told.map(|(_, missing)| missing));
    }
    // Neither a policy nor its cases say anything without the other.
    let name = |path: &str| path.split('.').next().unwrap_or(path).to_string();
    let lost: BTreeSet<String> = folder
        .unreadable
        .iter()
        .map(|why| name(&why.file))
        .collect();
    let rules = folder
        .under("rules/")
        .filter(|(path, _)| !lost.contains(&name(path)));
    match &inspection.settings {
        Some(settings) if inspection.is_usable() && certain("own") => {
            match PolicySet::compile(rules, &Arc::new(settings.clone())) {
                Ok(policies) => found.extend_from_slice(policies.warnings()),
                Err(slips) => found.extend(slips),
            }
        }
        settings => {
            let own = settings.as_ref().map(|settings| &settings.own);
            found.extend(PolicySet::slips(rules, own.filter(|_| certain("own"))));
        }
    }
    if let Some(settings) = &inspection.settings {
        found.retain(|slip| !allowed::is_allowed(slip, settings));
    }
    found.retain(|slip| !folder.is_unreadable(&slip.file));
    found.extend_from_slice(&folder.unreadable);
    found
}

/// The settings without which what is told of a template may be wrong.
fn settings_behind(code: Code) -> &'static [&'static str] {
    match code {
        // What fits an SMS depends on its mode and length, on the currency and on the words of a language.
        codes::OUTSIDE_ALPHABET
        | codes::SMS_TOO_LONG
        | codes::SMS_MAY_BE_TOO_LONG
        | codes::MANY_SEGMENTS
        | codes::COSTLY_CHARACTER => &["channels.sms", "check", "currency", "language"],
        // The parts of another language may be there.
        codes::UNKNOWN_PART => &["language"],
        codes::HEALTH_DATA => &["privacy"],
        _ => &[],
    }
}

/// The names of the folder's adapters.
fn adapter_names(folder: &Folder) -> BTreeSet<&str> {
    folder
        .under("plugins/")
        .filter_map(|(path, _)| path.strip_prefix("plugins/")?.split_once('/'))
        .map(|(name, _)| name)
        .collect()
}

/// The adapters of a folder, each tried with its cases.
fn adapters(folder: &Folder, found: &mut Vec<Diagnostic>) -> BTreeMap<String, Arc<dyn Provider>> {
    let mut adapters: BTreeMap<String, Arc<dyn Provider>> = BTreeMap::new();
    for name in adapter_names(folder) {
        let place = format!("plugins/{name}");
        let inside = format!("{place}/");
        if folder
            .unreadable
            .iter()
            .any(|why| why.file.starts_with(&inside))
        {
            continue;
        }
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
                adapters.insert(name.to_string(), Arc::new(adapter));
            }
            Err(slips) => found.extend(slips),
        }
    }
    adapters
}

/// The gateways whose adapters aren't there.
fn missing_adapters<'f>(
    folder: &'f Folder,
    settings: &'f Settings,
    text: &'f Arc<str>,
) -> impl Iterator<Item = (&'f str, Diagnostic)> {
    let names = adapter_names(folder);
    settings.gateways.iter().filter_map(move |(gateway, kind)| {
        let Gateway::Http { adapter, .. } = kind else {
            return None;
        };
        if names.contains(adapter.as_str()) {
            return None;
        }
        let known: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let message =
            format!("gateway `{gateway}` names the adapter `{adapter}`, which isn't there");
        let help = format!(
            "there are {}; your own is a folder in plugins/",
            known.join(", ")
        );
        let missing = Diagnostic::new(codes::BAD_FILE, "clinic.toml", message).help(help);
        let key = format!("gateways.{gateway}.adapter");
        Some((gateway.as_str(), placed(missing, text, &key)))
    })
}
