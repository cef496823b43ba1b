//! A template, and a visit made of bytes behind a NUL: what passed its check renders with every visit that has
//! its required values, no value is markup, and no SMS is shorter or longer than its cost says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rappel_core::settings::SmsMode;
use rappel_core::{ChannelKind, Kind, Language};
use rappel_dsl::{NoPart, Options, Part, Sheet, Stopped, Template, compile};
use rappel_fuzz::fields::Choices;
use rappel_fuzz::{markup, parts, told, visit};

fuzz_target!(|data: &[u8]| {
    let at = data
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(data.len());
    let [source] = parts(&data[..at]);
    let choices = &mut Choices::of(data.get(at + 1..).unwrap_or_default());
    let channel = choices.one(&ChannelKind::ALL);
    let mut options = Options::new(
        Kind::parse(choices.one(&["reminder", "created", "cancelled", "delayed"]))
            .expect("a stock kind"),
        channel,
        choices.one(&[Language::Fr, Language::En, Language::Es]),
    );
    options.sms_mode = choices.one(&[SmsMode::Transliterate, SmsMode::Unicode, SmsMode::Refuse]);
    options.max_characters = choices.one(&[918, 160, usize::MAX]);
    let source = match channel {
        ChannelKind::Email if !rappel_dsl::has_subject(&source) => {
            format!("Subject: a\n\n{source}")
        }
        _ => source,
    };
    let compiled = compile("x", &source, &options, &part);
    told(&compiled.diagnostics);
    let Some(template) = compiled.template else {
        return;
    };
    renders(&template, &visit::any(choices));
    costs(&template, &visit::expected(choices));
});

fn part(name: &str) -> Result<Part, NoPart> {
    match name {
        "signature" => Ok(Part {
            file: "signature.trd".into(),
            source: "[IF TRD24]Lieu : [TRD24][/IF]\n".into(),
        }),
        _ => Err(NoPart::default()),
    }
}

fn renders(template: &Template, values: &Sheet<'_>) {
    let content = match template.render(values) {
        Ok(content) => content,
        // What a value is can make a message too long, or leave nothing of it. That one is missing can't be.
        Err(stopped) => {
            assert!(!matches!(stopped, Stopped::Absent(_)), "{stopped}");
            return;
        }
    };
    assert!(!content.text.is_empty());
    if let Some(subject) = &content.subject {
        assert!(!subject.contains(char::is_control), "{subject:?}");
    }
    if let Some(html) = &content.html {
        markup::is_ours(html);
    }
    if let Some(ssml) = &content.ssml {
        let document =
            roxmltree::Document::parse(ssml).unwrap_or_else(|error| panic!("{error} in {ssml:?}"));
        for node in document.descendants().filter(|node| node.is_element()) {
            let name = node.tag_name().name();
            assert!(
                ["speak", "p", "s", "break", "say-as", "sub"].contains(&name),
                "{name} in {ssml:?}"
            );
        }
    }
}

fn costs(template: &Template, values: &Sheet<'_>) {
    let (Ok(content), Some(cost)) = (template.render(values), template.cost()) else {
        return;
    };
    let segments = content.segments as usize;
    assert!(
        segments <= cost.most.segments,
        "{segments} of {cost:?} in {:?}",
        content.text
    );
    assert!(
        segments >= cost.fewest.segments,
        "{segments} of {cost:?} in {:?}",
        content.text
    );
}
