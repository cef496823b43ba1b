//! What holds for every template and every value.

use proptest::prelude::*;
use rappel_core::{ChannelKind, Kind, Language};
use rappel_dsl::{NoPart, Options, Part, Sheet, Stopped, Value, Variable, compile};

/// Pieces of templates, right and wrong.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Bonjour ",
        "é",
        "😀",
        "\n",
        "\n\n",
        "  ",
        ",",
        ".",
        "[TRD3]",
        "[TRD4|upper]",
        "[TRD8|date \"dddd d mmmm\"]",
        "[TRD9|time \"h'h'mm\"]",
        "[TRD12|money]",
        "[TRD14|truncate 7]",
        "[TRD23|default \"rien\"]",
        "[TRD31|capitalize]",
        "[CONFIRM_URL]",
        "[[ici]([CANCEL_URL])",
        "[IF TRD23]",
        "[IF TRD9 < 12:00 OR ONLINE]",
        "[ELSE IF NOT TRD14]",
        "[ELSE]",
        "[/IF]",
        "[INCLUDE part]",
        "[# x #]",
        "[[",
        "[",
        "]",
        "**",
        "# ",
        "- ",
        "1. ",
        "> ",
        "`",
        "<b>",
        "&amp;",
        "(",
        ")",
        "[TRD4|spell]",
        "[TRD1|digits]",
        "[TRD99]",
        "Subject: a\n\n",
        "[TR3]",
        "\u{f0000}",
        "\u{202e}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn part(name: &str) -> Result<Part, NoPart> {
    match name {
        "part" => Ok(Part {
            file: "part.trd".into(),
            source: "[IF TRD24]Lieu : [TRD24][/IF]\n".into(),
        }),
        _ => Err(NoPart::default()),
    }
}

/// A sheet in which everything that has to be there is there.
fn sheet(text: &str, absent: u64) -> Sheet<'static> {
    let mut sheet = Sheet::examples();
    for (index, variable) in Variable::all().enumerate() {
        if variable.may_be_absent() && absent >> index & 1 == 1 {
            sheet.set(variable, None);
        } else if let (Some(Value::Text(_)), true) = (variable.example(), variable.prints()) {
            sheet.set(variable, Some(Value::Text(text.to_string().into())));
        }
    }
    sheet
}

fn options(channel: ChannelKind) -> Options {
    Options::new(Kind::REMINDER, channel, Language::Fr)
}

proptest! {
    #[test]
    fn a_template_that_passed_its_check_renders_when_nothing_is_missing(
        source in pieces(), text in "[a-zA-Z]{1,10}", absent in any::<u64>(),
    ) {
        for channel in ChannelKind::ALL {
            let source = if channel == ChannelKind::Email { format!("Subject: a\n\n{source}") } else { source.clone() };
            let Some(template) = compile("x", &source, &options(channel), &part).template else { continue };
            match template.render(&sheet(&text, absent)) {
                Ok(content) => prop_assert!(!content.text.is_empty()),
                // Every section may have gone.
                Err(stopped) => prop_assert_eq!(stopped, Stopped::Empty, "{:?}", source),
            }
        }
    }

    #[test]
    fn no_value_is_markup(source in pieces(), absent in any::<u64>()) {
        let value = "<evil a='1' b=\"2\">&x;</evil> **bold** [a](https://evil.example) [TRD4]";
        for channel in [ChannelKind::Email, ChannelKind::Voice] {
            let source = format!("Subject: [TRD3]\n\n[TRD3] {source}");
            let Some(template) = compile("x", &source, &options(channel), &part).template else { continue };
            let Ok(content) = template.render(&sheet(value, absent)) else { continue };
            for markup in content.html.iter().chain(&content.ssml) {
                for raw in ["<evil", "</evil", "<EVIL", "a='1'", "&x;", "<strong>bold", "href=\"https://evil.example"] {
                    prop_assert!(!markup.contains(raw), "{} in {:?}", raw, markup);
                }
            }
            prop_assert!(content.subject.is_none_or(|subject| !subject.contains(char::is_control)));
        }
    }

    #[test]
    fn no_value_brings_a_control_character_or_turns_the_text(value in any::<String>(), source in pieces()) {
        let source = format!("Subject: [TRD3]\n\nBonjour [TRD3] {source}");
        for channel in ChannelKind::ALL {
            let Some(template) = compile("x", &source, &options(channel), &part).template else { continue };
            let Ok(content) = template.render(&sheet(&value, 0)) else { continue };
            let texts = [Some(&content.text), content.subject.as_ref(), content.html.as_ref(), content.ssml.as_ref()];
            for text in texts.into_iter().flatten() {
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{:?}", text);
                prop_assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{200f}']), "{:?}", text);
            }
        }
    }

    #[test]
    fn nothing_panics(source in prop_oneof![pieces(), any::<String>()], value in any::<String>()) {
        for channel in ChannelKind::ALL {
            for source in [source.clone(), format!("Objet: {source}\n{source}")] {
                let compiled = compile("x", &source, &options(channel), &part);
                if let Some(template) = compiled.template {
                    let _ = template.render(&sheet(&value, 0));
                    let _ = template.cost();
                }
                for diagnostic in compiled.diagnostics {
                    let _ = diagnostic.report(80, false);
                }
            }
        }
    }
}
