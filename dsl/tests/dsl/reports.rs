//! What a person sees of a template's slips in a terminal of 80 columns.

use rappel_core::{ChannelKind, Diagnostic, Kind, Language, Settings};
use rappel_dsl::{Options, Part, Templates, compile};

fn reports(file: &str, source: &str, channel: ChannelKind) -> String {
    let options = Options::new(Kind::REMINDER, channel, Language::Fr);
    let signature = |name: &str| match name {
        "signature" => Ok(Part {
            file: "templates/signature.trd".into(),
            source: "[TRD0]\n[TRD1x]".into(),
        }),
        name => rappel_dsl::no_parts(name),
    };
    let compiled = compile(file, source, &options, &signature);
    told(&compiled.diagnostics)
}

fn told(found: &[Diagnostic]) -> String {
    found
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
fn the_slips_of_a_folder() {
    let (settings, _) =
        Settings::read("id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n")
            .unwrap();
    let files = [
        (
            "templates/reminder.sms.trd",
            "Bonjour [INCLUDE rendez-vous]\n[INCLUDE signatur]",
        ),
        ("templates/reminder.fax.trd", "Bonjour"),
        ("templates/rendez-vous.trd", "[TRD31] [INCLUDE lieu]"),
        ("templates/rendez-vous.en.trd", "[TRD31]"),
        ("templates/lieu.trd", "[TRD30]"),
        (
            "templates/signature.trd",
            "[TRD99] [TRD23] [DELAY] [TRD4|spell] [TRD3x]",
        ),
        ("templates/a.trd", "a [INCLUDE b]"),
        ("templates/b.trd", "b [INCLUDE a]"),
    ];
    let (_, found) = Templates::load(files, &settings);
    insta::assert_snapshot!(told(&found));
}

#[test]
fn the_page_of_an_email() {
    let options = Options::new(Kind::REMINDER, ChannelKind::Email, Language::Fr);
    let source = "Subject: Rendez-vous [TRD31]\n\nBonjour [TRD3],\n\n- le [TRD8]\n\n[[Confirmer]([CONFIRM_URL])\n";
    let template = compile(
        "reminder.email.trd",
        source,
        &options,
        &rappel_dsl::no_parts,
    )
    .template
    .unwrap();
    let content = template.render(&rappel_dsl::Sheet::examples()).unwrap();
    insta::assert_snapshot!(content.html.unwrap());
}
