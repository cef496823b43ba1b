//! What a person sees of a template's slips in a terminal of 80 columns.

use rappel_core::{ChannelKind, Kind, Language};
use rappel_dsl::{Options, Part, compile};

fn reports(file: &str, source: &str, channel: ChannelKind) -> String {
    let options = Options::new(Kind::REMINDER, channel, Language::Fr);
    let signature = |name: &str| {
        (name == "signature").then(|| Part {
            file: "templates/signature.trd".into(),
            source: "[TRD0]\n[TRD1x]".into(),
        })
    };
    let compiled = compile(file, source, &options, &signature);
    compiled
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.report(80, false))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_slips_of_an_sms() {
    let source = "\
Bonjour [TRD3x], à demain [TRD9|money].
[Si vous ne venez pas, appelez le [TRD1]]
[IF TRD9 < 14h30]le matin[ELSE IF CHANNEL = \"mail\"]plus tard
Notes : [TRD14] [CONFIRM_ULR]
[INCLUDE signature]
";
    insta::assert_snapshot!(reports(
        "templates/reminder.sms.trd",
        source,
        ChannelKind::Sms
    ));
}

#[test]
fn the_slips_of_an_email() {
    let source = "Bonjour [TRD99],\n\n<b>à demain</b>\n";
    insta::assert_snapshot!(reports(
        "templates/reminder.email.trd",
        source,
        ChannelKind::Email
    ));
}

#[test]
fn the_page_of_an_email() {
    let options = Options::new(Kind::REMINDER, ChannelKind::Email, Language::Fr);
    let source = "Subject: Rendez-vous [TRD31]\n\nBonjour [TRD3],\n\n- le [TRD8]\n\n[[Confirmer]([CONFIRM_URL])\n";
    let template = compile("reminder.email.trd", source, &options, &|_| None)
        .template
        .unwrap();
    let content = template.render(&rappel_dsl::Sheet::examples()).unwrap();
    insta::assert_snapshot!(content.html.unwrap());
}
