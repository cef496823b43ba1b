//! From a clinic's `[gateways.NAME]` to an open channel.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rappel_core::channel::Channel;
use rappel_core::provider::{Manifest, Proof, Provider, Webhook};
use rappel_core::settings::{Gateway, SecretRef};

use crate::console::ConsoleChannel;
use crate::file::FileChannel;
use crate::http::{HttpChannel, HttpPatience, HttpSetup};
use crate::secrets::Secrets;
use crate::smtp::{SmtpChannel, SmtpPatience, SmtpSetup};
use crate::webhook::WebhookProof;

/// Looks a secret up. Only the composition root knows the environment, so it passes this in.
pub type Lookup<'l> = &'l dyn Fn(&SecretRef) -> Result<String, String>;

/// Opens a gateway's channel. Nothing is connected yet.
///
/// `folder` is the clinic's, `provider` the gateway's adapter where it is of type `http`.
///
/// # Errors
/// A sentence for the clinic's integrator: a secret that is not there, an option that the adapter
/// doesn't have, a file that can't be read. It holds no secret.
pub fn open(
    gateway: &Gateway,
    folder: &Path,
    provider: Option<Arc<dyn Provider>>,
    lookup: Lookup<'_>,
) -> Result<Arc<dyn Channel>, String> {
    match gateway {
        Gateway::File { folder: out, .. } => Ok(Arc::new(FileChannel::new(folder.join(out)))),
        Gateway::Console { .. } => Ok(Arc::new(ConsoleChannel)),
        Gateway::Smtp {
            host,
            port,
            encryption,
            user,
            password,
            trust,
            ..
        } => {
            let login = match (user, password) {
                (Some(user), Some(password)) => Some((user.clone(), lookup(password)?.into())),
                (None, None) => None,
                (Some(_), None) => return Err("`user` is set, but `password` is not".into()),
                (None, Some(_)) => return Err("`password` is set, but `user` is not".into()),
            };
            let trust = trust.as_ref().map(|file| {
                let path = folder.join(file);
                let unreadable = |error: std::io::Error| {
                    format!(
                        "`trust`: `{}` can't be read: {}",
                        path.display(),
                        error.kind()
                    )
                };
                fs::read(&path).map_err(unreadable)
            });
            let setup = SmtpSetup {
                host: host.clone(),
                port: *port,
                encryption: *encryption,
                login,
                trust: trust.transpose()?,
                patience: SmtpPatience::default(),
            };
            Ok(Arc::new(SmtpChannel::new(setup)?))
        }
        Gateway::Http {
            adapter,
            options,
            secrets,
            allow_private,
            ..
        } => {
            let provider = provider.ok_or_else(|| format!("there is no adapter `{adapter}`"))?;
            let manifest = provider.manifest();
            let setup = HttpSetup {
                options: all_options(manifest, options)?,
                secrets: all_secrets(manifest, secrets, lookup)?,
                allow_private: *allow_private,
                patience: HttpPatience::default(),
            };
            Ok(Arc::new(HttpChannel::new(provider, setup)?))
        }
    }
}

/// The proof that a gateway's receipts and replies must bring; `None` where it has none, or where the
/// token for them is not set.
///
/// # Errors
/// As [`open`].
pub fn open_proof(
    gateway: &Gateway,
    provider: &dyn Provider,
    lookup: Lookup<'_>,
) -> Result<Option<Arc<dyn Proof>>, String> {
    let Gateway::Http { secrets, .. } = gateway else {
        return Ok(None);
    };
    let manifest = provider.manifest();
    let Some(webhook) = &manifest.webhook else {
        return Ok(None);
    };
    let known = all_secrets(manifest, secrets, lookup)?;
    if token_of(manifest).is_some_and(|token| known.get(token).is_none()) {
        return Ok(None);
    }
    Ok(Some(Arc::new(WebhookProof::new(webhook.clone(), known)?)))
}

/// The name of the secret that serves for nothing but receipts, and that a clinic without receipts
/// leaves out.
pub(crate) fn token_of(manifest: &Manifest) -> Option<&str> {
    match &manifest.webhook {
        Some(Webhook::Token { secret, .. }) => Some(secret),
        _ => None,
    }
}

/// The clinic's options and the manifest's defaults.
fn all_options(
    manifest: &Manifest,
    set: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let adapter = &manifest.name;
    if let Some(unknown) = set
        .keys()
        .find(|name| !manifest.options.contains_key(*name))
    {
        return Err(format!(
            "adapter `{adapter}` has no option `{unknown}`; {}",
            there_are(manifest.options.keys())
        ));
    }
    let mut options = set.clone();
    for (name, spec) in &manifest.options {
        if options.contains_key(name) {
            continue;
        }
        let Some(default) = &spec.default else {
            return Err(format!(
                "adapter `{adapter}` needs the option `{name}`: {}",
                spec.summary
            ));
        };
        options.insert(name.clone(), default.clone());
    }
    Ok(options)
}

fn all_secrets(
    manifest: &Manifest,
    set: &BTreeMap<String, SecretRef>,
    lookup: Lookup<'_>,
) -> Result<Secrets, String> {
    let adapter = &manifest.name;
    if let Some(unknown) = set
        .keys()
        .find(|name| !manifest.secrets.contains_key(*name))
    {
        return Err(format!(
            "adapter `{adapter}` has no secret `{unknown}`; {}",
            there_are(manifest.secrets.keys())
        ));
    }
    let mut secrets = Vec::new();
    for (name, summary) in &manifest.secrets {
        match set.get(name) {
            Some(place) => {
                let secret = lookup(place)?;
                // It travels in an URL inside an URL; gateways read other letters their own way.
                if token_of(manifest) == Some(name) && !secret.is_ascii() {
                    return Err(format!(
                        "the secret `{name}` has accents; use letters, digits, `-` and `_`"
                    ));
                }
                secrets.push((name.as_str(), secret));
            }
            None if token_of(manifest) == Some(name) => {}
            None => {
                return Err(format!(
                    "adapter `{adapter}` needs the secret `{name}`: {summary}"
                ));
            }
        }
    }
    Ok(secrets.into_iter().collect())
}

fn there_are<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "it has none".into(),
        names => format!("it has {}", names.join(", ")),
    }
}
