//! Provider adapters: a manifest and a script that make an HTTP gateway's requests and read its
//! answers. The script is pure and sees no secret; the HTTP channel does the sending.
//!
//! `docs/adapters.md` is the guide for who writes one.

mod answer;

mod cases;
mod check;
mod encode;
mod inbound;
mod json;
mod language;
mod manifest;
mod message;
mod properties;
mod reference;
mod replied;
mod request;
mod xml;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use rappel_core::Language;
use rappel_core::channel::{Outcome, Outgoing};
use rappel_core::diagnostic::Diagnostic;
use rappel_core::provider::{
    HttpAnswer, HttpReply, HttpRequest, Inbound, Manifest, Provider, ProviderError, Receipt, Reply,
};
use rhai::{Dynamic, FuncArgs};

use crate::sandbox::{Limits, Sandbox, Script};

pub use reference::reference;

/// The texts of an adapter's folder.
#[derive(Clone, Copy, Debug)]
pub struct AdapterFiles<'f> {
    /// The folder, as diagnostics name it; its last part is the adapter's name: `plugins/kannel`.
    pub folder: &'f str,
    /// `plugin.toml`.
    pub manifest: &'f str,
    /// `adapter.rhai`.
    pub script: &'f str,
    /// `cases.toml`.
    pub cases: Option<&'f str>,
}

/// An adapter that was read and whose cases hold.
pub struct Adapter {
    manifest: Manifest,
    script: Script,
}

/// The sandbox of every adapter: it knows nothing of any one.
static SANDBOX: LazyLock<Sandbox> =
    LazyLock::new(|| Sandbox::new(Limits::ADAPTER, language::names(), language::register));

impl Adapter {
    /// Reads an adapter and runs its cases.
    ///
    /// # Errors
    /// Every slip that could be found, each with its place and remedy.
    pub fn load(files: AdapterFiles<'_>) -> Result<Self, Vec<Diagnostic>> {
        let manifest = manifest::read(files.folder, files.manifest);
        let script = check::read(files.folder, files.script, manifest.as_ref().ok());
        let adapter = match (manifest, script) {
            (Ok(manifest), Ok(script)) => Self { manifest, script },
            (manifest, script) => {
                let mut slips = manifest.err().unwrap_or_default();
                slips.extend(script.err().unwrap_or_default());
                return Err(slips);
            }
        };
        let slips = match files.cases {
            Some(cases) => cases::run(&adapter, files.folder, cases),
            None => Vec::new(),
        };
        if slips.is_empty() {
            Ok(adapter)
        } else {
            Err(slips)
        }
    }

    fn call(&self, function: &str, args: impl FuncArgs) -> Result<Dynamic, ProviderError> {
        SANDBOX
            .call(&self.script, function, args)
            .map_err(|fault| self.fault(fault.to_string()))
    }

    fn fault(&self, message: String) -> ProviderError {
        ProviderError {
            adapter: self.manifest.name.clone(),
            message,
        }
    }

    /// What a function answered, as what it must answer.
    fn expect<T>(
        &self,
        function: &str,
        answer: Dynamic,
        read: impl FnOnce(Dynamic) -> Option<T>,
        expected: &str,
    ) -> Result<T, ProviderError> {
        let kind = language::kind_of(&answer);
        read(answer)
            .ok_or_else(|| self.fault(format!("`{function}` must answer {expected}, not {kind}")))
    }
}

impl Provider for Adapter {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(
        &self,
        message: &Outgoing,
        options: &BTreeMap<String, String>,
    ) -> Result<HttpRequest, ProviderError> {
        let message = Arc::new(message::Message::of(message, &self.manifest));
        let options = message::Options::of(options);
        let answer = self.call("request", (message.clone(), options))?;
        let read = |answer: Dynamic| answer.try_cast::<request::Request>();
        let request = self.expect("request", answer, read, "`get(url)`, `post(url)`, …")?;
        Ok(request.finish(&message))
    }

    fn response(&self, answer: &HttpAnswer) -> Result<Option<Outcome>, ProviderError> {
        let said = self.call("response", (answer::Answer::of(answer),))?;
        self.expect(
            "response",
            said,
            answer::outcome,
            "`accepted(id)`, `refused(why)`, `busy(why)`, `unanswered(why)` or nothing",
        )
    }

    fn receipt(&self, call: &Inbound) -> Result<Vec<Receipt>, ProviderError> {
        self.inbound(
            "receipt",
            call,
            "`delivered(of)`, `failed(of, why)`, `sent(of)`, a list of them or nothing",
        )
    }

    fn reply(&self, call: &Inbound) -> Result<Vec<Reply>, ProviderError> {
        self.inbound(
            "reply",
            call,
            "`wrote(from, text)`, `pressed(of, key)`, a list of them or nothing",
        )
    }

    fn replied(
        &self,
        text: Option<&str>,
        language: Language,
    ) -> Result<Option<HttpReply>, ProviderError> {
        if !self.script.has("replied", 1) {
            return Ok(None);
        }
        let said = self.call("replied", (replied::Answers::of(text, language),))?;
        self.expect(
            "replied",
            said,
            replied::body,
            "`body(type, text)` or nothing",
        )
    }
}

impl Adapter {
    fn inbound<T: Clone + 'static>(
        &self,
        function: &str,
        call: &Inbound,
        expected: &str,
    ) -> Result<Vec<T>, ProviderError> {
        if !self.script.has(function, 1) {
            return Err(self.fault(format!("it has no function `{function}`")));
        }
        let said = self.call(function, (inbound::FromGateway::of(call),))?;
        self.expect(function, said, inbound::all, expected)
    }
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter")
            .field("name", &self.manifest.name)
            .finish_non_exhaustive()
    }
}
