//! What a person sees who writes `clinic.toml` wrongly: every key with a wrong value, and many slips at once.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use super::Settings;
use super::sift::join;
use super::wanted::{Shape, Wanted};

const LEAST: &str = "id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";

/// A clinic that needs nothing else for whatever stands below it.
const GATEWAYS: &str = "[gateways.mail]\ntype = \"smtp\"\nhost = \"localhost\"\n";

/// What is said of a file: the place, what is wrong, what to do.
fn told(text: &str) -> String {
    let mut told = String::new();
    for slip in Settings::inspect(text).found {
        let (line, column) = slip.position().unwrap();
        let severity = if slip.is_error() { "" } else { "warning: " };
        writeln!(told, "{line}:{column} {severity}{}", slip.message).unwrap();
        writeln!(told, "    {}", slip.help.unwrap_or("NO REMEDY".into())).unwrap();
    }
    told
}

/// Each of some texts with what is said of it.
fn table(before: &str, texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        write!(out, "{text}\n{}\n", told(&format!("{before}{text}\n"))).unwrap();
    }
    out
}

#[test]
fn the_clinic_itself() {
    let rest = |without: &str| {
        let lines = LEAST.lines().filter(|line| !line.starts_with(without));
        lines.fold(String::new(), |text, line| text + line + "\n")
    };
    let mut out = String::new();
    for (key, texts) in [
        ("id", &["", "id = 7", "id = \"Lumière 7\"", "id = \"\""][..]),
        ("name", &["", "name = true", "name = \" \"", "nmae = \"X\""]),
        (
            "zone",
            &[
                "",
                "zone = 1",
                "zone = \"Europe/Londn\"",
                "zone = \"Paris\"",
                "zone = \"europe/paris\"",
                "zone = \"GMT+1\"",
                "zone = \"\"",
            ],
        ),
        (
            "country",
            &[
                "",
                "country = 33",
                "country = \"UK\"\nphone = \"020 7946 0120\"",
                "country = \"France\"",
                "country = \"fr\"",
                "country = \"Suisse\"",
                "country = \"XX\"",
                "country = \"QA\"",
                "country = \"QA\"\nhours.allowed = \"Mo-Fr 08:00-20:00; PH off\"",
            ],
        ),
    ] {
        out += &table(&rest(key), texts);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_top() {
    insta::assert_snapshot!(table(
        LEAST,
        &[
            "phone = 142345678",
            "phone = \"12\"",
            "website = [\"https://example.org\"]",
            "website = \"our site\"",
            "language = \"french\"",
            "language = \"FR\"",
            "language = \"nl\"",
            "currency = 1",
            "communication = \"yes\"",
            "communication = 1",
            "messages = \"sms\"",
            "sender = \"LUMIERE\"",
            "notice = \"24 hours\"",
            "gateway = \"sms\"",
            "colour = \"red\"",
        ]
    ));
}

#[test]
fn senders_and_messages() {
    insta::assert_snapshot!(table(
        LEAST,
        &[
            "[sender]\nphone = 12",
            "[sender]\nphone = \"12\"",
            "[sender]\nsms = \"Clinique Lumière\"",
            "[sender]\nsms = true",
            "[sender]\nemail = \"Rendez-vous\"",
            "[sender]\nemail_name = 3",
            "[sender]\nemail_name = \"A\\nB\"",
            "[sender]\nreply_to = \"a@b@c\"",
            "[sender]\nemial = \"rdv@example.org\"",
            "[sender]\nlanguage = \"fr\"",
            "[messages]\nreminder = { sms = true }",
            "[messages]\nreminder = { sms = \"yes\", email = \"onlin\", voice = \"maybe\" }",
            "[messages]\nreminder = { smss = \"off\" }",
            "[messages]\nreminder = \"on\"",
            "[messages]\nreminders = { sms = \"off\" }",
            "[messages]\nReminder = { sms = \"off\" }",
            "[messages]\nreminder = { sms = \"on\" }",
        ]
    ));
}

#[test]
fn channels_and_gateways() {
    insta::assert_snapshot!(table(
        &format!("{LEAST}sender.email = \"a@example.org\"\n{GATEWAYS}"),
        &[
            "trust = 3",
            "port = \"587\"",
            "port = 0",
            "port = 70000",
            "encryption = \"ssl\"",
            "encryption = \"TLS\"",
            "user = 3",
            "password = \"hunter2\"",
            "password = { environment = \"SMTP\" }",
            "hots = \"localhost\"",
            "limits = 10",
            "limits = { rate = 10 }",
            "limits = { rate = \"fast\" }",
            "limits = { rate = \"0/s\" }",
            "limits = { concurrency = \"many\" }",
            "limits = { concurrency = 0 }",
            "limits = { attempts = -1 }",
            "limits = { attempts = 1000 }",
            "limits = { retries = 3 }",
            "[gateways.sms]",
            "[gateways.sms]\ntype = \"htpp\"",
            "[gateways.sms]\ntype = 3",
            "[gateways.sms]\ntype = \"http\"",
            "[gateways.sms]\ntype = \"http\"\nadapter = \"kannel\"\noptions = \"x\"\nsecrets = \"y\"\nallow_private = \"no\"",
            "[gateways.sms]\ntype = \"http\"\nadapter = \"kannel\"\noptions = { port = 3 }\nsecrets = { password = \"y\" }",
            "[gateways.sms]\ntype = \"smtp\"\nhost = \"smtp://localhost\"",
            "[gateways.sms]\ntype = \"file\"\nfolder = 3",
            "[gateways.sms]\ntype = \"console\"\nfolder = \"out\"",
            "[channels.sms]\ngateway = 3",
            "[channels.sms]\ngateway = \"mial\"",
            "[channels.sms]\ngateway = \"mail\"",
            "[channels.sms]\nmode = \"ascii\"",
            "[channels.sms]\nmax_characters = \"160\"",
            "[channels.sms]\nmax_characters = 0",
            "[channels.sms]\ncredits = \"one\"",
            "[channels.sms]\ncredits = -1",
            "[channels.email]\nmode = \"unicode\"",
            "[channels.email]\ncredits = true",
            "[channels.voice]\ncredits = \"1,5\"",
            "[channels.fax]\ngateway = \"mail\"",
            "[credits]\nlimited = \"no\"",
            "[credits]\nlow = -5",
            "[credits]\nlow = \"few\"",
            "[credits]\nbalance = 100",
        ]
    ));
}

#[test]
fn tracking() {
    let mail = "messages.recall.email = \"on\"\nmessages.survey.sms = \"off\"\n";
    let mail = format!(
        "{LEAST}{mail}sender.email = \"a@example.org\"\nchannels.email.gateway = \"mail\"\n{GATEWAYS}"
    );
    insta::assert_snapshot!(table(
        &mail,
        &[
            "[tracking]\nopens = [\"recall\"]",
            "[tracking]\nopens = true",
            "[tracking]\nopens = \"recall\"",
            "[tracking]\nopens = [\"recal\", \"bill\", \"survey\"]",
            "[tracking]\nopen = [\"recall\"]",
            "[tracking]\nclicks = [\"recall\"]",
        ]
    ));
}

#[test]
fn behaviour() {
    insta::assert_snapshot!(table(
        LEAST,
        &[
            "[reminder]\nnotice = 24",
            "[reminder]\nnotice = \"2 moons\"",
            "[reminder]\nnotice = \"0 hours\"",
            "[reminder]\nconfirmation = \"true\"",
            "[reminder]\nsecond_sms = \"everybody\"",
            "[reminder]\nsecond_sms = \"all\"\nsecond_notice = \"3 days\"",
            "[reminder]\nsecond_notice = [\"1 day\"]",
            "[reminder]\nmin_lead = 0.5",
            "[reminder]\none_a_day = 1",
            "[reminder]\nnotise = 24",
            "[notices]\nmax_age = \"yesterday\"",
            "[notices]\nmax_age = \"0 hours\"",
            "[unreliable]\nmissed_percent = \"30%\"",
            "[unreliable]\nmissed_percent = 130",
            "[unreliable]\nleast_visits = -1",
            "[hours]\nallowed = \"8h-20h\"",
            "[hours]\nallowed = \"off\"",
            "[hours]\nallowed = [\"Mo-Fr 08:00-20:00\"]",
            "[hours]\nclosed = \"2026-12-24\"",
            "[hours]\nclosed = [2026-12-24, \"24/12/2026\", 3]",
            "[hours]\noutside = \"early\"",
            "[hours]\nanytime = \"cancelled\"",
            "[hours]\nanytime = [\"canceled\", \"Mon RDV\"]",
            "[consent]\nopt_in = \"oui\"",
            "[consent]\nnecessary = { cancelled = true }",
            "[links]\nconfirm = \"example.org/c/{token}\"",
            "[links]\ncancel = \"https://example.org/c\"",
            "[links]\nreschedule = 3",
            "[links]\nunsubscribe = false",
            "[brake]\nmultiple = 1",
            "[brake]\nleast = -5",
            "[brake]\nenabled = 0",
            "[retention]\ntexts = 90",
            "[retention]\ntext = \"90 days\"",
            "own = 3",
            "[own]\nnumber = 99999999999999999999",
        ]
    ));
}

#[test]
fn the_administrator() {
    let by_mail = "channels.email.gateway = \"out\"\ngateways.out.type = \"console\"\n";
    insta::assert_snapshot!(table(
        &format!("{LEAST}{by_mail}"),
        &[
            "[administrator]\nemail = \"secretariat@example.org\"",
            "[administrator]\nemail = \"Secrétariat\"",
            "[administrator]\nemail = \"a@example.org\"\nevery = \"10 seconds\"",
            "[administrator]\nemail = \"a@example.org\"\nevery = 30",
            "[administrator]\nemail = \"a@example.org\"\nlanguage = \"nl\"",
            "[administrator]\nmail = \"a@example.org\"",
            "administrator = \"a@example.org\"",
        ]
    ));
    insta::assert_snapshot!(
        "without a gateway",
        table(LEAST, &["[administrator]\nemail = \"a@example.org\""])
    );
}

#[test]
fn what_the_clinic_accepts() {
    insta::assert_snapshot!(table(
        LEAST,
        &[
            "privacy.accept = \"service\"",
            "privacy.accept = [\"servce\", \"insurance\"]",
            "privacy.acept = []",
            "check.allow = \"W0852\"",
            "check.allow = [\"W0582\", \"w0852\", \"E0201\", \"quiet\"]",
            "check.max_segments = 0",
            "check.max_segments = \"3\"",
            "chek.max_segments = 3",
        ],
    ));
}

#[test]
fn many_at_once() {
    let text = format!(
        "{}\n[reminder]\nnotice = 24\n[messages]\nreminder = {{ sms = true, emial = \"on\" }}\n[gateways.mail]\ntype = \"smtp\"\npassword = \"x\"\n",
        LEAST.replace("Paris", "Pari").replace("FR", "UK")
            + "language = \"french\"\nphone = \"020 7946 0120\""
    );
    let reports: Vec<String> = Settings::inspect(&text)
        .found
        .iter()
        .map(|slip| slip.report(80, false))
        .collect();
    insta::assert_snapshot!(reports.join("\n"));
}

#[test]
fn what_is_no_toml() {
    insta::assert_snapshot!(table(
        LEAST,
        &[
            "language = fr\n[reminder]\nnotice = 24",
            "phone = 0142345678",
            "name = \"Y\"",
            "phone = \"01 42 34 56 78",
            "communication",
            "phone = \"1\" website = \"2\"",
            "[reminder\nnotice = 24\n[hours]\noutside = \"early\"",
            "[hours]\nclosed = [\"2026-12-24\",\noutside = \"hold\"\n[reminder]\nnotice = 24",
            "[hours]\noutside = \"hold\"\n[hours]\nallowed = \"24/7\"",
            "[messages]\nreminder = { sms = \"on\"\ncancelled = { sms = \"on\" }",
            "language: fr",
        ]
    ));
    // Nothing is read off what isn't there.
    assert_eq!(told("= 3\n").lines().count(), 2);
}

#[test]
fn a_text_that_ends_anywhere_is_told_of_and_still_read() {
    let text = format!(
        "{LEAST}sender.email = \"é@example.org\"\n{GATEWAYS}password = {{ env = 'X' }}\n[hours]\nclosed = [2026-12-24]\n"
    );
    for (end, _) in text.char_indices() {
        for more in ["", "\"", "[", "= é"] {
            let cut = format!("{}{more}", &text[..end]);
            let inspection = Settings::inspect(&cut);
            assert!(inspection.settings.is_some(), "{cut}");
            assert!(
                inspection.found.iter().all(|slip| slip.help.is_some()),
                "{cut}"
            );
        }
    }
}

/// Whatever is added to the settings, a value of another sort is told with its place and a remedy, and
/// nothing else is told because of it.
#[test]
fn any_key_of_the_schema_is_told_of() {
    fn look(wanted: &Wanted, path: &str, wrong: &mut Vec<(String, String)>) {
        let value = match wanted.shape() {
            Shape::Anything => return,
            Shape::Table(table) => {
                for (key, inner) in &table.keys {
                    look(inner, &join(path, key), wrong);
                }
                if let Some(others) = &table.others {
                    look(others, &join(path, "name"), wrong);
                }
                "3"
            }
            // Its keys depend on the tag, which `channels_and_gateways` has.
            Shape::Tagged { .. } => "3",
            Shape::Integer { .. } | Shape::Number | Shape::Flag => "\"?\"",
            Shape::Text { .. } | Shape::Words(_) | Shape::List(_) | Shape::Forms(_) => "true",
        };
        if !path.is_empty() {
            wrong.push((path.to_string(), value.to_string()));
        }
    }
    let mut wrong = Vec::new();
    look(&Wanted::root(), "", &mut wrong);
    assert!(wrong.len() > 50);
    for (key, value) in wrong {
        let lines = LEAST
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} =")));
        let rest: String = lines.map(|line| format!("{line}\n")).collect();
        let found = Settings::inspect(&format!("{key} = {value}\n{rest}")).found;
        let [slip] = found.as_slice() else {
            panic!("{key}: {found:#?}");
        };
        assert!(slip.message.starts_with(&format!("`{key}`: ")), "{slip}");
        assert_eq!(slip.position().map(|(line, _)| line), Some(1), "{slip}");
        assert!(slip.help.is_some(), "{slip}");
    }
}
