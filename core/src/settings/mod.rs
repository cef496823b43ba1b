//! `clinic.toml`: what a clinic declares about itself and how its messages behave.

mod after;
mod brake;
mod check;
mod credits;
mod example;
mod forms;
mod gateway;
mod near;
mod read;
mod reference;
mod remedy;
mod sift;
mod staff;
mod syntax;
#[cfg(test)]
mod tests;
mod tracking;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use after::{AfterVisitSettings, RecallSettings};
pub use brake::BrakeSettings;
pub use check::{CheckSettings, HealthData, PrivacySettings};
pub use credits::{CreditSettings, SPOKEN_PER_MINUTE, begun_minutes, spoken_minutes};
pub use gateway::{Encryption, Gateway, Limits, Rate, SecretRef};
pub use read::Inspection;
pub use staff::{AdministratorSettings, AgendaSettings, AlertSettings, DayTime, ResourceSettings};
pub use tracking::TrackingSettings;

use self::forms::Amount;
use crate::channel::{ChannelKind, Sender};
use crate::civil::{Span, Zone};
use crate::facts::Patient;
use crate::ids::FacilityId;
use crate::kind::Kind;
use crate::language::Language;
use crate::opening::Opening;

/// The settings of a clinic.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The clinic's key in the store. Never change it once messages were sent.
    #[schemars(example = &"lumiere")]
    pub id: FacilityId,
    /// Its name: `[TRD0]`.
    #[schemars(example = &"Centre Lumière")]
    pub name: String,
    /// Its telephone number: `[TRD1]`, and the number that calls come from.
    #[serde(default)]
    #[schemars(example = &"01 99 00 12 00")]
    pub phone: Option<String>,
    /// Its website: `[TRD38]`.
    #[serde(default)]
    #[schemars(example = &"https://lumiere.example.org")]
    pub website: Option<String>,
    /// Its IANA time zone: `Europe/Paris`. All civil times are read in it.
    #[schemars(with = "String", extend("format" = "zone"))]
    pub zone: Zone,
    /// Its country as two letters: how telephone numbers are read, and which days are public holidays.
    #[schemars(extend("format" = "country"))]
    pub country: String,
    /// The language of messages to patients who prefer none.
    #[serde(default)]
    pub language: Language,
    /// What stands before or behind an amount: `€`.
    #[serde(default = "euro")]
    pub currency: String,
    /// The switch of all communication. While it is off, every message that comes due is skipped.
    #[serde(default = "yes")]
    pub communication: bool,
    /// Who messages come from.
    #[serde(default)]
    pub sender: SenderSettings,
    /// Which kinds of message go by which channel.
    #[serde(default)]
    pub messages: BTreeMap<Kind, Cells>,
    /// How each channel behaves.
    #[serde(default)]
    pub channels: ChannelsSettings,
    /// Reminders before a visit.
    #[serde(default)]
    pub reminder: ReminderSettings,
    /// Messages that answer an event.
    #[serde(default)]
    pub notices: NoticeSettings,
    /// Messages soon after a visit that took place.
    #[serde(default)]
    pub after_visit: AfterVisitSettings,
    /// Recalls, long after a visit.
    #[serde(default)]
    pub recall: RecallSettings,
    /// A practitioner or room is late or unavailable.
    #[serde(default)]
    pub alerts: AlertSettings,
    /// Messages to practitioners and rooms.
    #[serde(default)]
    pub resources: ResourceSettings,
    /// Where the agenda is told what patients answered.
    #[serde(default)]
    pub agenda: AgendaSettings,
    /// Who is told by e-mail what needs a person: [administrator.md](administrator.md).
    #[serde(default)]
    pub administrator: AdministratorSettings,
    /// Titles of service groups whose appointments cause no messages.
    #[serde(default)]
    pub silent_groups: Vec<String>,
    /// Which patients are unreliable.
    #[serde(default)]
    pub unreliable: UnreliableSettings,
    /// When messages may go.
    #[serde(default)]
    pub hours: HoursSettings,
    /// Patients' consent.
    #[serde(default)]
    pub consent: ConsentSettings,
    /// What messages may tell of a person's health.
    #[serde(default)]
    pub privacy: PrivacySettings,
    /// What the clinic may spend on messages.
    #[serde(default)]
    pub credits: CreditSettings,
    /// Pages of the clinic's own that messages link to; `{token}` stands for the secret of the link.
    #[serde(default)]
    pub links: LinkSettings,
    /// What is known of messages after they arrived.
    #[serde(default)]
    pub tracking: TrackingSettings,
    /// When new files are stopped because they plan far more messages than usual: [brake.md](brake.md).
    #[serde(default)]
    pub brake: BrakeSettings,
    /// How long texts are kept.
    #[serde(default)]
    pub retention: RetentionSettings,
    /// What `rappel check` warns of.
    #[serde(default)]
    pub check: CheckSettings,
    /// The gateways, by the names that `channels` uses.
    #[serde(default)]
    pub gateways: BTreeMap<String, Gateway>,
    /// Values for the clinic's own policies: `settings.own.NAME`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>", example = example::own())]
    pub own: BTreeMap<String, toml::Value>,

    /// The hours of `hours`, read. Filled in by [`Settings::read`].
    #[serde(skip)]
    opening: Option<Opening>,
    /// The sender of every message. Filled in by [`Settings::read`].
    #[serde(skip)]
    from: Arc<Sender>,
    /// The file as it was written. Filled in by [`Settings::read`].
    #[serde(skip)]
    written: Arc<toml::Table>,
}

/// Who messages come from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SenderSettings {
    /// The number that calls come from; the clinic's telephone otherwise.
    #[serde(default)]
    #[schemars(example = &"+33 1 99 00 12 00")]
    pub phone: Option<String>,
    /// What an SMS shows as its sender: at most 11 letters and digits, or a number.
    #[serde(default)]
    #[schemars(example = &"LUMIERE")]
    pub sms: Option<String>,
    /// The From address of e-mails.
    #[serde(default)]
    #[schemars(example = &"rdv@lumiere.example.org")]
    pub email: Option<String>,
    /// The From name of e-mails; the clinic's name otherwise.
    #[serde(default)]
    #[schemars(example = &"Centre Lumière")]
    pub email_name: Option<String>,
    /// Where answers to e-mails go.
    #[serde(default)]
    #[schemars(example = &"accueil@lumiere.example.org")]
    pub reply_to: Option<String>,
}

/// Whether a kind of message goes by a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Never.
    #[default]
    Off,
    /// To every patient.
    On,
    /// Only to patients who booked online.
    Online,
}

impl Cell {
    /// Its word in the settings: `off`.
    pub const fn name(self) -> &'static str {
        match self {
            Cell::Off => "off",
            Cell::On => "on",
            Cell::Online => "online",
        }
    }
}

/// The channels of one kind of message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example::cells())]
#[allow(missing_docs, reason = "the fields are the channels")]
pub struct Cells {
    #[serde(default)]
    pub sms: Cell,
    #[serde(default)]
    pub email: Cell,
    #[serde(default)]
    pub voice: Cell,
}

impl Cells {
    /// Whether one of them is not off.
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// The cell of a channel.
    pub fn get(self, channel: ChannelKind) -> Cell {
        match channel {
            ChannelKind::Sms => self.sms,
            ChannelKind::Email => self.email,
            ChannelKind::Voice => self.voice,
        }
    }
}

/// How each channel behaves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are the channels")]
pub struct ChannelsSettings {
    #[serde(default)]
    pub sms: SmsSettings,
    #[serde(default)]
    pub email: EmailSettings,
    #[serde(default)]
    pub voice: VoiceSettings,
}

/// How SMS behave.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SmsSettings {
    /// The gateway that carries them.
    #[schemars(example = &"out")]
    pub gateway: Option<String>,
    /// What becomes of a character outside the SMS alphabet.
    pub mode: SmsMode,
    /// The most characters an SMS may have. 918 is six parts.
    pub max_characters: u32,
    /// Credits that each part costs.
    #[schemars(with = "Amount")]
    pub credits: Decimal,
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self {
            gateway: None,
            mode: SmsMode::default(),
            max_characters: 918,
            credits: Decimal::ONE,
        }
    }
}

/// How e-mails behave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmailSettings {
    /// The gateway that carries them.
    #[schemars(example = &"out")]
    pub gateway: Option<String>,
    /// Credits that each e-mail costs.
    #[schemars(with = "Amount")]
    pub credits: Decimal,
}

/// How calls behave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceSettings {
    /// The gateway that carries them.
    #[schemars(example = &"out")]
    pub gateway: Option<String>,
    /// Credits that each begun minute of a call costs. 800 characters are taken for a minute until the
    /// gateway reports how long the call was, where it does.
    #[schemars(with = "Amount")]
    pub credits: Decimal,
}

/// What becomes of a character outside the SMS alphabet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmsMode {
    /// Written with letters of the alphabet where there are some; otherwise the SMS becomes Unicode.
    #[default]
    Transliterate,
    /// Kept; the SMS becomes Unicode and may take more parts.
    Unicode,
    /// An error.
    Refuse,
}

/// Who gets a second SMS before the visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecondSms {
    /// Nobody.
    #[default]
    None,
    /// Everybody.
    All,
    /// Patients who missed too many of their visits.
    Unreliable,
}

impl SecondSms {
    /// Its word in the settings: `none`.
    pub const fn name(self) -> &'static str {
        match self {
            SecondSms::None => "none",
            SecondSms::All => "all",
            SecondSms::Unreliable => "unreliable",
        }
    }
}

/// Reminders before a visit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReminderSettings {
    /// How long before the visit the reminder goes.
    pub notice: Span,
    /// Whether the reminder asks for a confirmation.
    pub confirmation: bool,
    /// Who gets a second SMS.
    pub second_sms: SecondSms,
    /// How long before the visit the second SMS goes.
    pub second_notice: Span,
    /// A visit booked less than this before it begins gets no reminder.
    pub min_lead: Span,
    /// Whether a person gets at most one visit's reminder a day.
    pub one_a_day: bool,
    /// Whether the reminders of a family go as one SMS or e-mail: those of appointments on the same
    /// day whose patients have the same mobile number or e-mail address. Its template lists them with
    /// `[FAMILY]`; each can still be answered on its own.
    pub together: bool,
}

impl Default for ReminderSettings {
    fn default() -> Self {
        Self {
            notice: Span::hours(48),
            confirmation: false,
            second_sms: SecondSms::None,
            second_notice: Span::hours(24),
            min_lead: Span::hours(12),
            one_a_day: false,
            together: false,
        }
    }
}

/// Messages that answer an event.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeSettings {
    /// An event older than this is told to nobody: importing an agenda must not write to everyone.
    pub max_age: Span,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            max_age: Span::hours(24),
        }
    }
}

/// Which patients are unreliable.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnreliableSettings {
    /// The share of visits missed from which a patient is unreliable, in percent.
    pub missed_percent: u32,
    /// The fewest visits that say anything about a patient.
    pub least_visits: u32,
}

impl Default for UnreliableSettings {
    fn default() -> Self {
        Self {
            missed_percent: 30,
            least_visits: 3,
        }
    }
}

impl UnreliableSettings {
    /// Whether a patient is unreliable: they missed too many visits, of enough to tell.
    pub fn applies_to(&self, patient: &Patient) -> bool {
        patient.visits >= self.least_visits && patient.missed_percent() >= self.missed_percent
    }
}

/// What becomes of a message that is due outside the allowed hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// It waits for the next allowed hour.
    #[default]
    Hold,
    /// It goes in the last allowed hour before.
    Earlier,
    /// It doesn't go.
    Drop,
}

impl Outside {
    /// Its word in the settings: `hold`.
    pub const fn name(self) -> &'static str {
        match self {
            Outside::Hold => "hold",
            Outside::Earlier => "earlier",
            Outside::Drop => "drop",
        }
    }
}

/// When messages may go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HoursSettings {
    /// The allowed hours in the syntax of OpenStreetMap; `PH` are the country's public holidays.
    pub allowed: String,
    /// Days on which nothing goes, whatever the hours say.
    #[schemars(example = ["2026-12-24", "2026-12-31"])]
    pub closed: Vec<NaiveDate>,
    /// What becomes of a reminder that is due outside them. Notices always wait.
    pub outside: Outside,
    /// Kinds of message that go at any hour.
    #[schemars(example = ["cancelled"])]
    pub anytime: Vec<Kind>,
}

impl Default for HoursSettings {
    fn default() -> Self {
        Self {
            allowed: "Mo-Su 08:00-20:00".into(),
            closed: Vec::new(),
            outside: Outside::default(),
            anytime: Vec::new(),
        }
    }
}

/// Patients' consent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentSettings {
    /// Whether patients must have agreed before anything is sent.
    pub opt_in: bool,
    /// Kinds of message that the clinic declares as necessary: they go without consent, but never to
    /// a channel that the patient refused.
    #[schemars(example = ["cancelled"])]
    pub necessary: Vec<Kind>,
}

/// Pages that messages link to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// `[CONFIRM_URL]`: where a patient confirms.
    #[schemars(example = &"https://rdv.example.org/c/{token}")]
    pub confirm: Option<String>,
    /// `[CANCEL_URL]`: where a patient cancels.
    #[schemars(example = &"https://rdv.example.org/a/{token}")]
    pub cancel: Option<String>,
    /// `[RESCHEDULE_URL]`: where a patient finds another time.
    #[schemars(example = &"https://rdv.example.org/r/{token}")]
    pub reschedule: Option<String>,
    /// `[PASSWORD_URL]`: the page of the clinic's portal where a patient sets a password.
    #[schemars(example = &"https://rdv.example.org/p/{token}")]
    pub password: Option<String>,
    /// `[UNSUBSCRIBE_URL]`: where a patient asks for no more messages.
    #[schemars(example = &"https://rdv.example.org/d/{token}")]
    pub unsubscribe: Option<String>,
}

/// How long texts are kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// After this the text and the address of a message, and whether it was opened, are removed from the
    /// summary.
    pub texts: Span,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            texts: Span::days(90),
        }
    }
}

fn yes() -> bool {
    true
}

fn euro() -> String {
    "€".into()
}

impl Settings {
    /// The allowed hours.
    pub fn opening(&self) -> Option<&Opening> {
        self.opening.as_ref()
    }

    /// Who every message comes from.
    pub fn from(&self) -> &Arc<Sender> {
        &self.from
    }

    /// The channels of a kind of message; all off where the clinic says nothing.
    pub fn cells(&self, kind: &Kind) -> Cells {
        self.messages.get(kind).copied().unwrap_or_default()
    }

    /// The gateway of a channel.
    pub fn gateway(&self, channel: ChannelKind) -> Option<(&str, &Gateway)> {
        let name = match channel {
            ChannelKind::Sms => &self.channels.sms.gateway,
            ChannelKind::Email => &self.channels.email.gateway,
            ChannelKind::Voice => &self.channels.voice.gateway,
        };
        let (name, gateway) = self.gateways.get_key_value(name.as_deref()?)?;
        Some((name, gateway))
    }

    /// The JSON schema of `clinic.toml`, for editors.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Settings).to_value()
    }
}
