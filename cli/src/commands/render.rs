//! `rappel render`: one message as a patient gets it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use rappel_core::channel::Content;
use rappel_core::{ChannelKind, Diagnostic, Kind, Language, SmsEncoding};
use rappel_dsl::Template;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::args::Time;
use crate::clinic::{self, LoadedClinic};
use crate::failure::{Exit, Failure, Result};
use crate::input;
use crate::output::content;
use crate::output::message::count;
use crate::output::{TextOrJson, answer, answer_json, diagnostics, remark};
use crate::preview::Preview;
use crate::speak::speak;
use crate::visit::KnownVisit;

const EXAMPLES: &str = "\
Examples:
  rappel render clinic reminder sms
  rappel render clinic cancelled email --visit first-visit --language en
  echo \"Bonjour [TRD3]\" | rappel render clinic reminder sms --text -
  rappel render clinic reminder voice --listen call.wav

A visit is the `data` of an event: {\"appointment\": {…}, \"patient\": {…}, …}. Without one a
built-in visit is used that has the example of every variable.

JSON: {\"kind\", \"channel\", \"language\", \"subject\", \"text\", \"html\", \"ssml\", \"encoding\",
       \"units\", \"segments\", \"credits\", \"warnings\"}
  subject, html    of an e-mail, null elsewhere
  ssml             of a call, null elsewhere
  encoding         \"gsm7\" or \"ucs2\" of an SMS, null elsewhere; units and segments are 0 elsewhere
  warnings         what is doubtful in the template, as `rappel check --format json` tells it

--listen speaks a call into a WAV file, with the synthetic voice of espeak-ng, which must be installed.

Exit code 1: the message must not go, or its template has an error; standard error says why.";

/// Render one message, with its segments
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Render {
    /// The clinic's folder
    clinic: PathBuf,

    /// The kind of message: created, modified, approved, confirmed, cancelled, reminder, second_reminder,
    /// or one of the clinic's own
    #[arg(value_parser = Kind::parse)]
    kind: Kind,

    /// The channel: sms, email, voice
    #[arg(value_parser = ChannelKind::from_str)]
    channel: ChannelKind,

    /// The visit: a JSON file, or the name of one in the clinic's visits/
    #[arg(long, value_name = "FILE")]
    visit: Option<PathBuf>,

    /// A template instead of the clinic's; `-` is standard input
    #[arg(long, value_name = "TEMPLATE|-", allow_hyphen_values = true)]
    text: Option<String>,

    /// The language, instead of the patient's or the clinic's
    #[arg(long, value_parser = Language::from_str)]
    language: Option<Language>,

    /// What the clock shows; the moment that the message is due otherwise
    #[arg(long, value_name = "TIME")]
    now: Option<Time>,

    /// Speak the call into this WAV file, too
    #[arg(long, value_name = "WAV")]
    listen: Option<PathBuf>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// The JSON contract.
#[derive(Serialize)]
struct Rendered<'c> {
    kind: &'c str,
    channel: &'static str,
    language: &'static str,
    subject: Option<&'c str>,
    text: &'c str,
    html: Option<&'c str>,
    ssml: Option<&'c str>,
    encoding: Option<SmsEncoding>,
    units: u32,
    segments: u32,
    credits: Decimal,
    warnings: &'c [Diagnostic],
}

impl Render {
    pub(crate) fn run(self) -> Result {
        if self.listen.is_some() && self.channel != ChannelKind::Voice {
            let what = format!("`--listen` speaks calls, and this goes by {}", self.channel);
            return Err(Failure::usage(what).help("write `voice`, or leave `--listen` out"));
        }
        let clinic = clinic::load(&self.clinic)?;
        let settings = clinic.rules.settings();
        let visit = self.read_visit(&settings.country)?;
        let preview = Preview {
            kind: self.kind.clone(),
            channel: self.channel,
            language: self.language,
            now: self.now.map(|now| now.civil(settings.zone)),
            together: Vec::new(),
        };
        let (template, warnings) = self.template(&clinic, &preview, &visit)?;
        let content = preview
            .render(&clinic.rules, &visit, &template)
            .map_err(|stopped| {
                Failure::refused(format!(
                    "this {} must not go by {}: {stopped}",
                    self.kind, self.channel
                ))
            })?;
        let credits = settings.cost(self.channel, &content);
        if let (Some(path), Some(ssml)) = (&self.listen, &content.ssml) {
            speak(ssml, template.options().language, path)?;
            remark(format_args!("spoken into {}", path.display()));
        }
        match self.format {
            TextOrJson::Json => answer_json(&Rendered {
                kind: self.kind.as_str(),
                channel: self.channel.name(),
                language: template.options().language.code(),
                subject: content.subject.as_deref(),
                text: &content.text,
                html: content.html.as_deref(),
                ssml: content.ssml.as_deref(),
                encoding: content.encoding,
                units: content.units,
                segments: content.segments,
                credits,
                warnings: &warnings,
            })?,
            TextOrJson::Text => told(&content, credits, &warnings)?,
        }
        Ok(Exit::Done)
    }

    fn read_visit(&self, country: &str) -> Result<KnownVisit> {
        match &self.visit {
            Some(path) => KnownVisit::meet(&clinic::folder(&self.clinic), path),
            None => Ok(KnownVisit::example(country)),
        }
    }

    /// The template with its warnings: the given one, or the clinic's.
    fn template(
        &self,
        clinic: &LoadedClinic,
        preview: &Preview,
        visit: &KnownVisit,
    ) -> Result<(Template, Vec<Diagnostic>)> {
        let Some(text) = &self.text else {
            let language = preview.language(&clinic.rules, visit.visit());
            let template = clinic
                .rules
                .template(&self.kind, self.channel, language)
                .ok_or_else(|| {
                    Failure::refused(format!(
                        "the clinic has no template for {} by {}",
                        self.kind, self.channel
                    ))
                    .help(format!(
                        "write {}/templates/{}.{}.trd, or give a template with `--text`",
                        clinic.folder.display(),
                        self.kind,
                        self.channel
                    ))
                })?;
            let stem = format!("templates/{}.{}.", self.kind, self.channel);
            let own = |warning: &&Diagnostic| warning.file.starts_with(&stem);
            return Ok((
                template.clone(),
                clinic
                    .rules
                    .warnings()
                    .iter()
                    .filter(own)
                    .cloned()
                    .collect(),
            ));
        };
        let (file, text) = if text == "-" {
            ("standard input", input::text()?)
        } else {
            ("--text", text.clone())
        };
        let compiled = preview.compile(&clinic.rules, visit.visit(), file, &text);
        match compiled.template {
            Some(template) => Ok((template, compiled.diagnostics)),
            None => {
                let errors: Vec<_> = compiled
                    .diagnostics
                    .into_iter()
                    .filter(Diagnostic::is_error)
                    .collect();
                diagnostics::report(&errors);
                Err(Failure::refused(format!(
                    "the template has {}",
                    count(errors.len() as u64, "error")
                )))
            }
        }
    }
}

fn told(content: &Content, credits: Decimal, warnings: &[Diagnostic]) -> Result<()> {
    answer(content::told(content, credits))?;
    if !warnings.is_empty() {
        remark("");
        diagnostics::report(warnings);
    }
    Ok(())
}
