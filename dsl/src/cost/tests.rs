//! What a message can cost, held against trying everything.

use proptest::prelude::*;
use rappel_core::{Kind, Language};

use crate::values::{Sheet, Value};
use crate::variables::Variable;
use crate::{Options, Template, compile};

fn template(source: &str, channel_mode: rappel_core::settings::SmsMode) -> Option<Template> {
    let mut options = Options::new(Kind::REMINDER, rappel_core::ChannelKind::Sms, Language::Fr);
    options.max_characters = usize::MAX;
    options.sms_mode = channel_mode;
    compile("reminder.sms.trd", source, &options, &crate::no_parts).template
}

/// Small templates over three texts and a time, long enough to cross the ends of segments.
fn sources() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z .,\n€]{1,30}",
        Just(
            "Merci de bien vouloir vous présenter à l'accueil dix minutes avant l'heure. "
                .to_string()
        ),
        prop::sample::select(vec![
            "[TRD3]",
            "[TRD23]",
            "[TRD14|truncate 30]",
            "[TRD14|default \"sans objet\"]",
            "[TRD9]",
            "[TRD23|upper]",
        ])
        .prop_map(str::to_string),
    ];
    let condition = prop::sample::select(vec![
        "TRD23",
        "NOT TRD23",
        "TRD14 OR TRD23",
        "TRD9 < 12:00",
        "TRD9 >= 12:00 AND TRD14",
        "TRD23 = \"à jeun\"",
        "TRD3",
        "TRD14 CONTAINS \"carte\"",
        "TRD14 CONTAINS \"carte\" AND TRD14 CONTAINS \"vitale\" AND NOT TRD14 CONTAINS \"bilan\"",
        "NOT TRD14 CONTAINS \"vitale\" AND TRD14 CONTAINS \"bilan\"",
        "TRD23 IN (\"à jeun\", \"rien\")",
    ]);
    let parts = leaf.prop_recursive(3, 10, 4, move |inner| {
        let many = || prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| parts.concat());
        prop_oneof![
            many(),
            (condition.clone(), many()).prop_map(|(c, a)| format!("[IF {c}]{a}[/IF]")),
            (condition.clone(), condition.clone(), many(), many())
                .prop_map(|(c, d, a, b)| format!("[IF {c}]{a}[ELSE IF {d}]{b}[ELSE]{a}{b}[/IF]")),
        ]
    });
    prop::collection::vec(parts, 1..4).prop_map(|parts| parts.concat())
}

/// The words that conditions look for in the notes, each alone and together, short and with as much around them
/// as fits.
fn notes() -> Vec<String> {
    let words = ["carte", "vitale", "bilan"];
    (1..8)
        .map(|some| {
            let some = (0..3).filter(|word| some >> word & 1 == 1);
            some.map(|word| words[word]).collect::<Vec<_>>().join(" ")
        })
        .flat_map(|text| [text.clone(), format!("{text:x<160}")])
        .collect()
}

/// Everything that can matter to these templates.
fn all_sheets() -> Vec<Sheet<'static>> {
    let texts = |longest: usize, constants: &[&str]| {
        let mut values = vec![None, Some("x".to_string()), Some("x".repeat(longest))];
        values.extend(constants.iter().map(|text| Some((*text).to_string())));
        values
    };
    let mut sheets = Vec::new();
    for first_name in texts(20, &[]) {
        for prerequisites in texts(160, &["à jeun", "rien"]) {
            for notes in texts(160, &notes().iter().map(String::as_str).collect::<Vec<_>>()) {
                for time in [None, Some("11:59"), Some("12:00"), Some("22:30")] {
                    let mut sheet = Sheet::new();
                    let mut set = |number, text: Option<&str>| {
                        let variable = Variable::number(number).unwrap();
                        sheet.set(
                            variable,
                            text.map(|text| Value::parse(variable.kind(), text).unwrap()),
                        );
                    };
                    set(3, first_name.as_deref());
                    set(23, prerequisites.as_deref());
                    set(14, notes.as_deref());
                    set(9, time);
                    sheets.push(sheet);
                }
            }
        }
    }
    sheets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_ends_are_what_trying_everything_finds(source in sources()) {
        let template = template(&source, Default::default());
        prop_assume!(template.is_some());
        let template = template.unwrap();
        let contents = || all_sheets().into_iter().filter_map(|sheet| template.render(&sheet).ok());
        let most = contents().map(|content| (content.segments, content.units)).max();
        let fewest = contents().map(|content| (content.segments, content.units)).min();
        let cost = template.cost();
        let reached = |reach: &super::Reach| (reach.segments as u32, reach.units as u32);
        prop_assert_eq!(cost.as_ref().map(|cost| reached(&cost.most)), most, "{:?}", source);
        prop_assert_eq!(cost.as_ref().map(|cost| reached(&cost.fewest)), fewest, "{:?}", source);
    }

    #[test]
    fn bounds_hold_whatever_the_values(source in sources()) {
        let template = template(&source, Default::default());
        prop_assume!(template.is_some());
        let template = template.unwrap();
        let (least, most, _) = super::bound::bounds(template.program(), template.options());
        for sheet in all_sheets() {
            if let Ok(content) = template.render(&sheet) {
                let (segments, units) = (content.segments as usize, content.units as usize);
                prop_assert!(segments <= most.segments && units <= most.units, "{:?}", source);
                prop_assert!(segments >= least.segments && units >= least.units, "{:?}", source);
            }
        }
    }

    #[test]
    fn no_message_passes_the_worst_case(
        source in sources(),
        name in "[a-zA-Zéà' -]{1,20}",
        notes in prop::option::of("[ -Z_a-z]{1,160}"),
        minutes in 0u32..1440,
    ) {
        let template = template(&source, Default::default());
        prop_assume!(template.is_some());
        let template = template.unwrap();
        let mut sheet = Sheet::new();
        sheet.set(Variable::number(3).unwrap(), Some(Value::Text(name.into())));
        sheet.set(Variable::number(14).unwrap(), notes.clone().map(|text| Value::Text(text.into())));
        sheet.set(Variable::number(23).unwrap(), notes.map(|text| Value::Text(text.into())));
        let time = chrono::NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0).unwrap();
        sheet.set(Variable::number(9).unwrap(), Some(Value::Time(time)));
        if let (Ok(content), Some(cost)) = (template.render(&sheet), template.cost()) {
            prop_assert!(content.segments as usize <= cost.most.segments, "{:?}", source);
            prop_assert!(content.segments as usize >= cost.fewest.segments, "{:?}", source);
        }
    }
}

#[test]
fn in_unicode_one_letter_of_a_name_is_enough() {
    let text = "Bonjour [TRD3], nous vous attendons demain à l'accueil du laboratoire.";
    let cost = |mode| template(text, mode).unwrap().cost().unwrap();
    use rappel_core::settings::SmsMode;
    assert_eq!(cost(SmsMode::Transliterate).most.segments, 1);
    assert_eq!(cost(SmsMode::Unicode).most.segments, 2);
    assert_eq!(cost(SmsMode::Transliterate).most_in_unicode, 2);
}
