//! Lengths of SMS against the npm package `sms-segments-calculator` 1.3.0, whose answers are kept in a file.

use rappel_dsl::sms::Length;

/// 300 of 10,000 random texts that were compared once: letters, accents, extended characters, emoji and line
/// breaks, mostly around the lengths where segments end. 9,997 agreed; the others are the case below.
const SAMPLES: &str = include_str!("../sms-segments.jsonl");

#[test]
fn encoding_and_segments_agree_with_the_calculator() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for (number, line) in SAMPLES.lines().enumerate() {
        let sample: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = sample["text"].as_str().unwrap();
        let length = Length::of(text);
        let ours = (length.encoding.name(), length.segments as u64);
        let theirs = (
            sample["encoding"].as_str().unwrap(),
            sample["segments"].as_u64().unwrap(),
        );
        compared += 1;
        if ours != theirs {
            differences.push(format!(
                "{}: {ours:?} but {theirs:?} for {text:?}",
                number + 1
            ));
        }
    }
    assert_eq!(compared, 300);
    assert!(
        differences.is_empty(),
        "{} of {compared}\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// The calculator knows the emoji of Unicode 10 (2017). It takes a later one that is joined of two, such as a person
/// in a wheelchair, for two characters, and puts the end of a segment between them; we keep it whole.
#[test]
fn an_emoji_younger_than_the_calculator_is_kept_in_one_segment() {
    let text = "a".repeat(64) + "🧑\u{200d}🦽" + &"a".repeat(64);
    let calculator_says = 2;
    assert_eq!(Length::of(&text).segments, calculator_says + 1);
}
