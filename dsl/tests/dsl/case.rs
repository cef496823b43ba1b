//! A case of the corpus: a small file whose name is its claim.
//!
//! ```text
//! channel: email            what the template is for; sms, reminder and fr where nothing is said
//! -- template --
//! Bonjour [TRD3]
//! -- values --
//! TRD3 = Jeannette          the values that are there; `\n` and `\u{202e}` are understood
//! -- text --
//! Bonjour Jeannette
//! ```
//!
//! Other sections: `part NAME` (a part to include), `subject`, `html` (lines that the page has), `ssml`, `sms`
//! (encoding, units, segments), `stopped` (why the message must not go), `diagnostics` (all of them; a case
//! without this section has none), `cost`. With `UPDATE_CORPUS=1` the expectations that a case has are written anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::settings::{HealthData, SmsMode};
use rappel_core::{Kind, Language, nearest};
use rappel_dsl::{NoPart, Options, Part, Sheet, Variable, compile};

pub(crate) struct Case {
    path: PathBuf,
    options: Options,
    head: String,
    sections: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut head = String::new();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line
                .trim_end()
                .strip_prefix("-- ")
                .and_then(|rest| rest.strip_suffix(" --"))
            {
                Some(name) => sections.push((name.into(), String::new())),
                None => match sections.last_mut() {
                    Some((_, body)) => body.push_str(line),
                    None => head.push_str(line),
                },
            }
        }
        for (_, body) in &mut sections {
            // The line break before the next section is not the section's.
            body.pop();
        }
        let options = options(&head, path);
        Self {
            path: path.into(),
            options,
            head,
            sections,
        }
    }

    pub(crate) fn section(&self, name: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, body)| body.as_str())
    }

    /// The names of the parts that there are.
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.sections
            .iter()
            .filter_map(|(name, _)| name.strip_prefix("part "))
    }

    /// What comes of the template: the content of each section that can be expected.
    fn outcome(&self) -> Vec<(&'static str, String)> {
        let file = format!("{}.{}.trd", self.options.kind, self.options.channel);
        let source = self.section("template").expect("a case has a template");
        let parts = |name: &str| match self.section(&format!("part {name}")) {
            Some(source) => Ok(Part {
                file: format!("{name}.trd"),
                source: source.to_string(),
            }),
            None => Err(NoPart {
                nearest: nearest(name, self.parts()).map(str::to_string),
                surely: None,
            }),
        };
        let compiled = compile(&file, source, &self.options, &parts);
        let mut diagnostics = compiled.diagnostics;
        let mut outcome = Vec::new();
        if let Some(template) = &compiled.template {
            if let Some(cost) = template.cost() {
                diagnostics.extend(template.cost_diagnostics(&file, &cost));
                outcome.push(("cost", told(&cost)));
            }
            match template.render(&self.values()) {
                Err(stopped) => outcome.push(("stopped", stopped.to_string())),
                Ok(content) => {
                    outcome.push(("text", content.text));
                    outcome.extend(content.subject.map(|subject| ("subject", subject)));
                    outcome.extend(content.html.map(|html| ("html", html)));
                    outcome.extend(content.ssml.map(|ssml| ("ssml", ssml)));
                    outcome.extend(content.encoding.map(|encoding| {
                        let (encoding, units, segments) =
                            (encoding.name(), content.units, content.segments);
                        (
                            "sms",
                            format!("{encoding}, {units} units, {segments} segments"),
                        )
                    }));
                }
            }
        }
        let told: Vec<String> = diagnostics
            .iter()
            .map(|diagnostic| match &diagnostic.help {
                Some(help) => format!("{diagnostic}\n  help: {help}"),
                None => diagnostic.to_string(),
            })
            .collect();
        outcome.push(("diagnostics", told.join("\n")));
        outcome
    }

    fn values(&self) -> Sheet<'static> {
        let mut sheet = Sheet::new();
        for line in self.section("values").unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').expect("a value is `TRD3 = Jeannette`");
            let variable = Variable::find(name).expect("a variable");
            sheet.type_in(variable, &unescaped(value)).unwrap();
        }
        sheet
    }

    /// What differs from the case's claim; nothing when it is true.
    pub(crate) fn check(&self, update: bool) -> Result<(), String> {
        let outcome = self.outcome();
        let found = |name: &str| {
            outcome
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| text.as_str())
        };
        if update {
            self.update(&found);
            return Ok(());
        }
        let mut wrong = String::new();
        for (name, claim) in &self.sections {
            let right = match name.as_str() {
                "template" | "values" => true,
                part if part.starts_with("part ") => true,
                "html" => {
                    let html = found("html").unwrap_or_default();
                    claim.lines().all(|line| html.contains(line))
                }
                name => found(name) == Some(claim.as_str()),
            };
            if !right {
                let found = found(name).unwrap_or("(nothing)");
                wrong.push_str(&format!("\n{name}: expected\n{claim}\nfound\n{found}\n"));
            }
        }
        let silent = self.section("diagnostics").is_none();
        if silent && let Some(told) = found("diagnostics").filter(|told| !told.is_empty()) {
            wrong.push_str(&format!("\nunexpected diagnostics\n{told}\n"));
        }
        if let (Some(stopped), None) = (found("stopped"), self.section("stopped")) {
            wrong.push_str(&format!("\nunexpectedly stopped\n{stopped}\n"));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{}\n{wrong}", self.path.display()))
        }
    }

    fn update<'f>(&self, found: &dyn Fn(&str) -> Option<&'f str>) {
        let mut text = self.head.clone();
        for (name, body) in &self.sections {
            let expectation = !(name == "template"
                || name == "values"
                || name == "html"
                || name.starts_with("part "));
            let body = if expectation {
                found(name).unwrap_or(body)
            } else {
                body
            };
            text.push_str(&format!("-- {name} --\n{body}\n"));
        }
        std::fs::write(&self.path, text).unwrap();
    }
}

/// What may be told of a person's health: `service, price`; nothing where it says `nothing`.
fn accepted(value: &str) -> Arc<[HealthData]> {
    use HealthData::{Group, Notes, Prerequisites, Price, Service};
    let all = [Service, Group, Prerequisites, Notes, Price];
    let named = |data: &HealthData| value.split(", ").any(|word| word == data.name());
    all.into_iter().filter(named).collect()
}

fn options(head: &str, path: &Path) -> Options {
    let mut options = Options::new(Kind::REMINDER, rappel_core::ChannelKind::Sms, Language::Fr);
    for line in head.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').expect("`channel: sms`");
        let value = value.trim();
        match name {
            "kind" => options.kind = Kind::parse(value).unwrap(),
            "channel" => options.channel = value.parse().unwrap(),
            "language" => options.language = value.parse().unwrap(),
            "mode" => {
                options.sms_mode = match value {
                    "transliterate" => SmsMode::Transliterate,
                    "unicode" => SmsMode::Unicode,
                    "refuse" => SmsMode::Refuse,
                    _ => panic!("{}: no mode {value}", path.display()),
                }
            }
            "max_characters" => options.max_characters = value.parse().unwrap(),
            "max_segments" => options.max_segments = Some(value.parse().unwrap()),
            "accept" => options.accepted = Some(accepted(value)),
            "currency" => options.currency = value.into(),
            "about" => {}
            _ => panic!("{}: unknown option {name}", path.display()),
        }
    }
    options
}

fn unescaped(text: &str) -> String {
    let mut out = text
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t");
    while let Some(start) = out.find("\\u{") {
        let end = start + out[start..].find('}').unwrap();
        let code = u32::from_str_radix(&out[start + 3..end], 16).unwrap();
        out.replace_range(start..=end, &char::from_u32(code).unwrap().to_string());
    }
    out
}

fn told(cost: &rappel_dsl::Cost) -> String {
    let reach = |reach: &rappel_dsl::cost::Reach| {
        let branch = reach.branch.join(", ");
        let value = reach
            .longest_value
            .map(|(variable, length)| format!("; {variable} takes {length}"));
        format!(
            "{} segments, {} units{}{}",
            reach.segments,
            reach.units,
            if branch.is_empty() {
                String::new()
            } else {
                format!(" with {branch}")
            },
            value.unwrap_or_default()
        )
    };
    let mut lines = vec![format!("fewest: {}", reach(&cost.fewest))];
    lines.extend(
        cost.typical
            .as_ref()
            .map(|typical| format!("typical: {}", reach(typical))),
    );
    lines.push(format!("most: {}", reach(&cost.most)));
    lines.push(format!("in unicode: {} segments", cost.most_in_unicode));
    if !cost.exact {
        lines.push("bounds only".into());
    }
    lines.extend(cost.dearest.as_ref().map(|dearest| {
        format!(
            "dearest: `{}` adds {} segments; {}",
            dearest.character, dearest.segments, dearest.instead
        )
    }));
    lines.join("\n")
}
