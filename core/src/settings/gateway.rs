//! `[gateways.NAME]`: where messages are handed over.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::example;

/// A gateway, with what it must be told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Gateway {
    /// Writes each message to a file.
    File {
        /// The folder, relative to the clinic's.
        #[serde(default = "default_folder")]
        folder: PathBuf,
        /// How much it takes.
        #[serde(default)]
        limits: Limits,
    },
    /// Prints each message on the host's standard output.
    Console {
        /// How much it takes.
        #[serde(default)]
        limits: Limits,
    },
    /// Sends e-mail to a mail server.
    Smtp {
        /// The mail server's name.
        #[schemars(example = &"smtp.example.org")]
        host: String,
        /// Its port: 587 with STARTTLS, 465 with TLS, 25 without, where none is set.
        #[serde(default)]
        #[schemars(example = 587)]
        port: Option<u16>,
        /// How the connection is secured.
        #[serde(default)]
        encryption: Encryption,
        /// The user to log in as.
        #[serde(default)]
        #[schemars(example = &"rdv@lumiere.example.org")]
        user: Option<String>,
        /// Their password.
        #[serde(default)]
        password: Option<SecretRef>,
        /// A file with certificates to trust beside the usual ones, relative to the clinic's folder.
        #[serde(default)]
        #[schemars(example = &"mail-ca.pem")]
        trust: Option<PathBuf>,
        /// How much it takes.
        #[serde(default)]
        limits: Limits,
    },
    /// Sends to an HTTP service through a provider adapter.
    Http {
        /// The adapter: a folder of `plugins/`, or one that ships.
        #[schemars(example = &"kannel")]
        adapter: String,
        /// What the adapter must be told.
        #[serde(default)]
        #[schemars(example = example::options())]
        options: BTreeMap<String, String>,
        /// Where the adapter's secrets come from.
        #[serde(default)]
        #[schemars(example = example::secrets())]
        secrets: BTreeMap<String, SecretRef>,
        /// Whether it may be at a loopback or private address.
        #[serde(default)]
        allow_private: bool,
        /// How much it takes.
        #[serde(default)]
        limits: Limits,
    },
}

impl Gateway {
    /// How much it takes.
    pub fn limits(&self) -> &Limits {
        match self {
            Gateway::File { limits, .. }
            | Gateway::Console { limits }
            | Gateway::Smtp { limits, .. }
            | Gateway::Http { limits, .. } => limits,
        }
    }
}

/// How much a gateway takes, and how often it is tried.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most messages it takes, such as `10/s` or `600/min`; unlimited where it isn't set.
    #[schemars(with = "Option<String>", extend("format" = "rate"))]
    pub rate: Option<Rate>,
    /// How many messages are under way to it at once.
    pub concurrency: u32,
    /// How often a message is tried before it fails.
    pub attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: None,
            concurrency: 16,
            attempts: 8,
        }
    }
}

/// How a connection to a mail server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// Begins in the clear and must become TLS before anything is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: for a mail server on the same machine.
    None,
}

/// Where a secret comes from. The clinic's folder never holds one: it is copied, mailed and committed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(
    rename_all = "lowercase",
    extend("writeOnly" = true),
    extend("errorMessage" = "a secret never stands in the clinic's folder"),
    example = example::env(),
    example = example::file()
)]
pub enum SecretRef {
    /// An environment variable of the host.
    Env(String),
    /// A file on the host, read when the clinic is loaded.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for SecretRef {
    /// By hand, because a derived error would repeat a secret that stands where it must not.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = match toml::Value::deserialize(deserializer)? {
            toml::Value::Table(table) if table.len() == 1 => table,
            _ => toml::Table::new(),
        };
        match (table.get("env"), table.get("file")) {
            (Some(toml::Value::String(name)), None) => Ok(Self::Env(name.clone())),
            (None, Some(toml::Value::String(path))) => Ok(Self::File(path.into())),
            _ => Err(serde::de::Error::custom(
                "a secret never stands in the clinic's folder: write `{ env = \"NAME\" }` or `{ file = \"/path\" }`",
            )),
        }
    }
}

/// Messages in a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Messages a second.
    pub per_second: f64,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a rate; write it as `10/s`, `600/min` or `2000/h`");
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let count: u32 = count.trim().parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => return Err(wrong()),
        };
        if count == 0 {
            return Err(format!(
                "`{text}` lets nothing through; take the channel's gateway out instead"
            ));
        }
        Ok(Self {
            per_second: f64::from(count) / seconds,
        })
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

fn default_folder() -> PathBuf {
    "out".into()
}
