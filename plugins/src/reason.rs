//! Reasons for the summary: a gateway's own words, without address, text or secret.

use std::collections::HashSet;

use rappel_core::channel::Outgoing;

/// The most characters of a gateway's words that are kept.
const LONGEST: usize = 200;

/// A gateway's words as the summary may keep them: one line, cut, and without the message's address
/// and text, the gateway's secrets, and whatever looks like an address or a telephone number.
pub(crate) fn clean<'s>(
    words: &str,
    message: &Outgoing,
    secrets: impl Iterator<Item = &'s str>,
) -> String {
    let mut text: String = words
        .chars()
        .take(4 * LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text
            .replace(secret, "(secret)")
            .replace(&encoded, "(secret)");
    }
    let address = message.to.as_str();
    for form in [address, address.trim_start_matches('+')] {
        text = text.replace(form, "(address)");
    }
    let text = without_content(&text, message);
    let text = without_numbers(&without_mailboxes(&text));
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Hides runs of two and more words that stand next to each other in the message, too: a gateway that
/// quotes what it refuses would put a patient's appointment into a reason. Blanks shrink to one.
fn without_content(text: &str, message: &Outgoing) -> String {
    let content = &message.content;
    // The HTML and SSML parts say the same words.
    let parts = [Some(&content.text), content.subject.as_ref()];
    let said: Vec<Vec<String>> = parts
        .into_iter()
        .flatten()
        .map(|part| part.split_whitespace().map(plain).collect())
        .collect();
    let pairs: HashSet<(&str, &str)> = said
        .iter()
        .flat_map(|words| words.iter().zip(words.iter().skip(1)))
        .map(|(one, next)| (one.as_str(), next.as_str()))
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain_words: Vec<String> = words.iter().map(|word| plain(word)).collect();
    let quoted = |index: usize| {
        let pair = plain_words.get(index).zip(plain_words.get(index + 1));
        pair.is_some_and(|(one, next)| pairs.contains(&(one.as_str(), next.as_str())))
    };
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let hidden = quoted(index) || index.checked_sub(1).is_some_and(quoted);
        match (hidden, kept.last()) {
            (true, Some(&"(text)")) => {}
            (true, _) => kept.push("(text)"),
            (false, _) => kept.push(word),
        }
    }
    kept.join(" ")
}

/// A word without punctuation and case.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Hides words with an `@`.
fn without_mailboxes(text: &str) -> String {
    text.split(' ')
        .map(|word| {
            if word.contains('@') {
                "(address)"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Hides runs of seven digits and more, also in groups of two and more as people write telephone
/// numbers. Shorter ones are the codes that an operator looks up.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let (length, digits) = number(from);
        let (run, after) = from.split_at(length);
        if digits >= 7 {
            if out.ends_with('+') {
                out.pop();
            }
            out.push_str("(number)");
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The length in bytes of the number at the start of a text, and its digits.
fn number(text: &str) -> (usize, usize) {
    let group = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = group(text);
    let mut digits = length;
    while digits >= 2
        && let Some(rest) = text.get(length..)
        && let Some(rest) = rest.strip_prefix([' ', '.', '-', '/'])
    {
        let more = group(rest);
        if more < 2 {
            break;
        }
        length += 1 + more;
        digits += more;
    }
    (length, digits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::example;

    fn cleaned(words: &str) -> String {
        clean(words, &example::sms(), ["s3cr+t"].into_iter())
    }

    #[test]
    fn what_an_operator_needs_stays() {
        for words in [
            "5.1.1 Recipient address rejected: User unknown in virtual mailbox table",
            "Error 21211: not a valid phone number",
            "4: Routing failed, see code 30008",
        ] {
            assert_eq!(cleaned(words), words);
        }
    }

    #[test]
    fn addresses_go() {
        assert_eq!(
            cleaned("<jeannette@example.org>: no such user"),
            "(address) no such user"
        );
        assert_eq!(cleaned("to=+33600000001 refused"), "to=(address) refused");
        assert_eq!(cleaned("33600000001 refused"), "(address) refused");
        assert_eq!(
            cleaned("call +33 1 42 34 56 78, or 0033142345678."),
            "call +33 1 (number), or (number)."
        );
        assert_eq!(cleaned("06.12.34.56.78"), "(number)");
    }

    #[test]
    fn secrets_go() {
        assert_eq!(
            cleaned("GET /send?password=s3cr%2Bt&x=s3cr+t"),
            "GET /send?password=(secret)&x=(secret)"
        );
    }

    #[test]
    fn the_messages_own_words_go() {
        assert_eq!(
            cleaned("spam: \"Bonjour Jeannette, rendez-vous demain\" rejected"),
            "spam: (text) rejected"
        );
    }

    #[test]
    fn one_short_line_is_left() {
        assert_eq!(cleaned("one\r\ntwo\0three"), "one two three");
        assert_eq!(cleaned(&"x".repeat(5_000)).chars().count(), LONGEST + 1);
        assert_eq!(cleaned(""), "");
    }
}
