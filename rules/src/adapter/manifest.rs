//! `plugin.toml`: from its text to a manifest that holds together, or every reason why not.

use std::ops::Range;
use std::sync::Arc;

use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::provider::{Manifest, Webhook};

use rappel_core::nearest;

/// The file's name in an adapter's folder.
const FILE: &str = "plugin.toml";

/// Reads the manifest of the adapter in `folder`.
pub(super) fn read(folder: &str, text: &str) -> Result<Manifest, Vec<Diagnostic>> {
    let source: Arc<str> = text.into();
    let file = format!("{folder}/{FILE}");
    let manifest: Manifest = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return Err(vec![unreadable(file, &source, &error)]),
    };
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let mut check = Check {
        file,
        source,
        found: Vec::new(),
    };
    check.all(&manifest, name);
    if check.found.is_empty() {
        Ok(manifest)
    } else {
        Err(check.found)
    }
}

fn unreadable(file: String, source: &Arc<str>, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().trim_end().to_string();
    let near = message.split_once(", expected ").and_then(|(what, names)| {
        let unknown = what.split('`').nth(1)?;
        nearest(unknown, names.split('`').skip(1).step_by(2))
    });
    let help = near.map(|near| format!("did you mean `{near}`?"));
    let mut diagnostic = Diagnostic::new(codes::BAD_MANIFEST, file, message);
    if let Some(span) = error.span() {
        diagnostic = diagnostic.at(source.clone(), span);
    }
    diagnostic.help = help;
    diagnostic
}

struct Check {
    file: String,
    source: Arc<str>,
    found: Vec<Diagnostic>,
}

impl Check {
    fn all(&mut self, manifest: &Manifest, folder: &str) {
        if manifest.name != folder {
            self.slip(
                &["name"],
                format!(
                    "the adapter is called `{}`, its folder `{folder}`",
                    manifest.name
                ),
                "give both the same name",
            );
        }
        if manifest.channels.is_empty() {
            self.slip(
                &["channels"],
                "the adapter carries no channel".into(),
                "for instance `channels = [\"sms\"]`",
            );
        }
        if manifest.hosts.is_empty() {
            self.slip(
                &["hosts"],
                "without a host the adapter can send nowhere".into(),
                "for instance `hosts = [\"api.example.org\"]`",
            );
        }
        for (index, host) in manifest.hosts.iter().enumerate() {
            if let Some((message, help)) = host_slip(host, manifest) {
                let span = entry_place(&self.source, "hosts", index);
                self.slip_at(span, message, help);
            }
        }
        if let Some(
            Webhook::Token { secret, .. }
            | Webhook::Twilio { secret }
            | Webhook::Hmac { secret, .. },
        ) = &manifest.webhook
            && !manifest.secrets.contains_key(secret)
        {
            let near = nearest(secret, manifest.secrets.keys().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `{secret} = \"…what it is…\"` to `[secrets]`"),
            };
            let message = format!("there is no secret `{secret}` in `[secrets]`");
            self.slip(&["webhook", "secret"], message, &help);
        }
    }

    fn slip(&mut self, path: &[&str], message: String, help: &str) {
        self.slip_at(place(&self.source, path), message, help);
    }

    fn slip_at(&mut self, span: Option<Range<usize>>, message: String, help: &str) {
        let mut diagnostic =
            Diagnostic::new(codes::MANIFEST_MISFIT, &self.file, message).help(help);
        if let Some(span) = span {
            diagnostic = diagnostic.at(self.source.clone(), span);
        }
        self.found.push(diagnostic);
    }
}

/// What is wrong with a host, and what to do. A host is a name, an address or a `{options.NAME}`, with
/// or without a port; what the clinic's options make of it is checked when the gateway is opened.
fn host_slip(host: &str, manifest: &Manifest) -> Option<(String, &'static str)> {
    let mut plain = String::new();
    let mut rest = host;
    while let Some((before, from)) = rest.split_once('{') {
        plain.push_str(before);
        let Some((inside, after)) = from.split_once('}') else {
            let message = format!("the `{{` of `{host}` is never closed");
            return Some((message, "write `{options.NAME}`"));
        };
        let name = inside.strip_prefix("options.");
        if !name.is_some_and(|name| manifest.options.contains_key(name)) {
            return Some((
                format!("`{{{inside}}}` is no option of this adapter"),
                "write `{options.NAME}`, and declare it as `[options.NAME]`",
            ));
        }
        plain.push_str("option");
        rest = after;
    }
    plain.push_str(rest);
    let good = |c: char| c.is_alphanumeric() || "-.:[]".contains(c);
    if plain.is_empty() || !plain.chars().all(good) {
        return Some((
            format!("`{host}` is not a host"),
            "write `api.example.org`, `api.example.org:8443` or `{options.url}`; there are no patterns",
        ));
    }
    None
}

/// Where a key's value, or the nearest table around it, stands in the text.
fn place(source: &str, path: &[&str]) -> Option<Range<usize>> {
    let table = toml::de::DeTable::parse(source).ok()?;
    let mut table = table.get_ref();
    let mut place = None;
    for key in path {
        let Some(value) = table.get(*key) else { break };
        place = Some(value.span());
        let Some(inner) = value.get_ref().as_table() else {
            break;
        };
        table = inner;
    }
    place
}

/// Where an entry of a list stands in the text.
fn entry_place(source: &str, key: &str, index: usize) -> Option<Range<usize>> {
    let table = toml::de::DeTable::parse(source).ok()?;
    let list = table.get_ref().get(key)?.get_ref().as_array()?;
    list.get(index).map(|entry| entry.span())
}
