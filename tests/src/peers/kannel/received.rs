//! What `fakesmsc` logs, read back into whole messages.
//!
//! It logs a line for each segment: `… Got message 3: <SENDER RECEIVER KIND …>`, where the rest is
//! - `text T`: T as it is, in UTF-8 (Kannel keeps 7-bit texts so until a real SMSC link packs them);
//! - `ucs-2 D`: UTF-16, big-endian, percent-encoded;
//! - `data D`: octets, percent-encoded;
//! - `udh H data D`: a segment with a header, both percent-encoded. It doesn't say which coding D has.
//!
//! A line break in a `text` splits it into several of these lines.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;

/// A message as the telephone shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// Who it says it is from.
    pub sender: String,
    /// The telephone it went to.
    pub receiver: String,
    /// The whole text, put together from its segments.
    pub text: String,
    /// How the text travelled.
    pub coding: Coding,
    /// How many segments it took.
    pub segments: usize,
}

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// The GSM alphabet. Kannel has replaced what isn't in it by `?`.
    Gsm7,
    /// UTF-16.
    Ucs2,
    /// Octets, shown as if they were UTF-8.
    Octets,
}

/// All messages of the log that are whole, in the order in which they became whole.
pub(super) fn read_log(log: &str) -> Vec<Sms> {
    assemble(records(log))
}

/// One segment.
struct Record<'a> {
    sender: &'a str,
    receiver: &'a str,
    chain: Option<Link>,
    body: Body,
}

enum Body {
    Text(String),
    Ucs2(Vec<u8>),
    Octets(Vec<u8>),
}

/// A segment's place in its chain.
#[derive(Clone, Copy)]
struct Link {
    reference: u16,
    total: u8,
    number: u8,
}

fn records(log: &str) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    for line in log.lines() {
        let Some((_, got)) = line.split_once(" DEBUG: Got message ") else {
            continue;
        };
        let Some(content) = got
            .split_once(": <")
            .and_then(|(_, content)| content.strip_suffix('>'))
        else {
            continue;
        };
        match (record(content), records.last_mut()) {
            (Some(record), _) => records.push(record),
            // No header: the next line of the text before.
            (
                None,
                Some(Record {
                    body: Body::Text(text),
                    ..
                }),
            ) => {
                text.push('\n');
                text.push_str(content);
            }
            (None, _) => {}
        }
    }
    records
}

/// Reads `SENDER RECEIVER KIND …`; a sender's name may hold blanks, so the receiver is the number before a kind.
fn record(content: &str) -> Option<Record<'_>> {
    for (at, _) in content.match_indices(' ') {
        let (sender, rest) = (content.get(..at)?, content.get(at + 1..)?);
        let Some((receiver, rest)) = rest.split_once(' ') else {
            continue;
        };
        let digits = receiver.strip_prefix('+').unwrap_or(receiver);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let Some((kind, rest)) = rest.split_once(' ') else {
            continue;
        };
        if let Some((chain, body)) = payload(kind, rest) {
            return Some(Record {
                sender,
                receiver,
                chain,
                body,
            });
        }
    }
    None
}

fn payload(kind: &str, rest: &str) -> Option<(Option<Link>, Body)> {
    match kind {
        "text" => Some((None, Body::Text(rest.to_owned()))),
        "ucs-2" => Some((None, Body::Ucs2(octets(rest)))),
        "data" => Some((None, Body::Octets(octets(rest)))),
        "udh" => {
            let (header, rest) = rest.split_once(' ')?;
            let (kind, rest) = rest.split_once(' ')?;
            let (_, body) = payload(kind, rest)?;
            Some((link(&octets(header)), body))
        }
        _ => None,
    }
}

fn octets(encoded: &str) -> Vec<u8> {
    percent_decode(encoded.replace('+', " ").as_bytes()).collect()
}

/// The chain element of a user data header (3GPP TS 23.040, 9.2.3.24.1 with an 8-bit and 9.2.3.24.8 with a 16-bit reference).
fn link(header: &[u8]) -> Option<Link> {
    let mut rest = header.get(1..)?;
    while let [element, length, tail @ ..] = rest {
        let value = tail.get(..usize::from(*length))?;
        match (element, value) {
            (0x00, [reference, total, number]) => {
                return Some(Link {
                    reference: u16::from(*reference),
                    total: *total,
                    number: *number,
                });
            }
            (0x08, [high, low, total, number]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                return Some(Link {
                    reference,
                    total: *total,
                    number: *number,
                });
            }
            _ => rest = tail.get(usize::from(*length)..)?,
        }
    }
    None
}

/// What a telephone knows a chain by: sender, receiver, reference, total.
type Chain<'a> = (&'a str, &'a str, u16, u8);

/// A chain's segments by their number.
type Segments = BTreeMap<u8, Vec<u8>>;

fn assemble(records: Vec<Record<'_>>) -> Vec<Sms> {
    let mut whole = Vec::new();
    let mut open: BTreeMap<Chain<'_>, Segments> = BTreeMap::new();
    for Record {
        sender,
        receiver,
        chain,
        body,
    } in records
    {
        let (segments, (coding, text)) = match chain {
            None => (1, decode(body)),
            Some(Link {
                reference,
                total,
                number,
            }) => {
                let key = (sender, receiver, reference, total);
                let parts = open.entry(key).or_default();
                parts.insert(number, raw(body));
                if parts.len() < usize::from(total) {
                    continue;
                }
                let parts = open.remove(&key).unwrap_or_default();
                // Joined before they are decoded: Kannel cuts between the halves of a surrogate pair.
                (
                    parts.len(),
                    decode_chain(parts.into_values().collect::<Vec<_>>().concat()),
                )
            }
        };
        whole.push(Sms {
            sender: sender.to_owned(),
            receiver: receiver.to_owned(),
            text,
            coding,
            segments,
        });
    }
    whole
}

fn raw(body: Body) -> Vec<u8> {
    match body {
        Body::Text(text) => text.into_bytes(),
        Body::Ucs2(octets) | Body::Octets(octets) => octets,
    }
}

fn decode(body: Body) -> (Coding, String) {
    match body {
        Body::Text(text) => (Coding::Gsm7, text),
        Body::Ucs2(octets) => (Coding::Ucs2, utf16(&octets)),
        Body::Octets(octets) => (
            Coding::Octets,
            String::from_utf8_lossy(&octets).into_owned(),
        ),
    }
}

/// The log doesn't say how a chain is coded. Every blank and every basic Latin letter has a zero octet in UTF-16, and
/// no text has one in UTF-8.
fn decode_chain(octets: Vec<u8>) -> (Coding, String) {
    match String::from_utf8(octets) {
        Ok(text) if !text.contains('\0') => (Coding::Gsm7, text),
        Ok(text) => (Coding::Ucs2, utf16(text.as_bytes())),
        Err(error) => (Coding::Ucs2, utf16(error.as_bytes())),
    }
}

fn utf16(octets: &[u8]) -> String {
    let (pairs, _) = octets.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::{Coding, Sms, read_log};

    /// Lines as Kannel 1.4.5 logged them.
    fn check(lines: &[&str]) -> Vec<Sms> {
        let log: String = lines
            .iter()
            .map(|line| format!("2026-11-23 14:04:34 [11066] [0] DEBUG: Got message 1: <{line}>\n"))
            .collect();
        read_log(&log)
    }

    fn sms(sender: &str, text: &str, coding: Coding, segments: usize) -> Sms {
        Sms {
            sender: sender.into(),
            receiver: "+33600000001".into(),
            text: text.into(),
            coding,
            segments,
        }
    }

    #[test]
    fn a_text_stands_as_it_is() {
        let got = check(&["Clinique +33600000001 text Bonjour é € []{}~^|\\ > % +"]);
        assert_eq!(
            got,
            [sms(
                "Clinique",
                "Bonjour é € []{}~^|\\ > % +",
                Coding::Gsm7,
                1
            )]
        );
    }

    #[test]
    fn a_sender_may_have_two_words() {
        let got = check(&["Clinique Nord +33600000001 text a"]);
        assert_eq!(got, [sms("Clinique Nord", "a", Coding::Gsm7, 1)]);
    }

    #[test]
    fn an_empty_text_is_a_message() {
        assert_eq!(
            check(&["C +33600000001 text "]),
            [sms("C", "", Coding::Gsm7, 1)]
        );
    }

    #[test]
    fn a_line_break_continues_the_text() {
        let got = check(&[
            "C +33600000001 text Bonjour,",
            "",
            "à demain",
            "C +33600000001 text b",
        ]);
        assert_eq!(
            got,
            [
                sms("C", "Bonjour,\n\nà demain", Coding::Gsm7, 1),
                sms("C", "b", Coding::Gsm7, 1)
            ]
        );
    }

    #[test]
    fn ucs2_is_utf16() {
        let got = check(&["C +33600000001 ucs-2 %00B%00%E9%00+%D8%3D%DE%00"]);
        assert_eq!(got, [sms("C", "Bé 😀", Coding::Ucs2, 1)]);
    }

    #[test]
    fn eight_bit_data_is_octets() {
        let got = check(&["C +33600000001 data 8bit+%C3%A9"]);
        assert_eq!(got, [sms("C", "8bit é", Coding::Octets, 1)]);
    }

    #[test]
    fn a_chain_is_put_in_order_whatever_came_first() {
        let got = check(&[
            "C +33600000001 udh %05%00%03%04%02%02 data %E2%82%AC+fin",
            "C +33600000001 text between",
            "C +33600000001 udh %05%00%03%04%02%01 data %C3%A9t%C3%A9+",
        ]);
        assert_eq!(
            got,
            [
                sms("C", "between", Coding::Gsm7, 1),
                sms("C", "été € fin", Coding::Gsm7, 2)
            ]
        );
    }

    #[test]
    fn a_chain_cut_within_an_emoji_is_joined_first() {
        let got = check(&[
            "C +33600000001 udh %05%00%03%17%02%01 data %00%E9%D8%3D",
            "C +33600000001 udh %05%00%03%17%02%02 data %DE%00%00%E9",
        ]);
        assert_eq!(got, [sms("C", "é😀é", Coding::Ucs2, 2)]);
    }

    #[test]
    fn a_sixteen_bit_reference_chains_too() {
        let got = check(&[
            "C +33600000001 udh %06%08%04%01%04%02%01 data a",
            "C +33600000001 udh %06%08%04%01%04%02%02 data b",
        ]);
        assert_eq!(got, [sms("C", "ab", Coding::Gsm7, 2)]);
    }

    #[test]
    fn a_chain_with_a_gap_is_not_whole() {
        assert_eq!(check(&["C +33600000001 udh %05%00%03%04%02%01 data a"]), []);
    }

    #[test]
    fn other_lines_are_passed_over() {
        assert_eq!(
            read_log("2026-11-23 14:04:12 [11066] [0] INFO: fakesmsc starting\n"),
            []
        );
    }
}
