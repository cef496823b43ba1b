//! Kannel: texts arrive whole, receipts come back, phones can write.

use rappel_tests::peers::{Callbacks, Coding, Kannel, Sms};

use crate::{SOON, http_client};

/// Hands in one message; gives status and answer.
async fn send(kannel: &Kannel, text: &str, more: &[(&str, &str)]) -> (u16, String) {
    let query = [
        ("username", Kannel::USERNAME),
        ("password", Kannel::PASSWORD),
        ("from", "Clinique"),
        ("charset", "UTF-8"),
        ("text", text),
    ];
    let to = [("to", "+33600000001")]
        .into_iter()
        .filter(|_| more.iter().all(|(name, _)| *name != "to"));
    let response = http_client()
        .get(kannel.sendsms_url())
        .query(&query)
        .query(&to.collect::<Vec<_>>())
        .query(more)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Sends one text and reads it back.
async fn check(text: &str, coding: &str) -> Sms {
    let kannel = Kannel::start().unwrap();
    let answer = send(&kannel, text, &[("coding", coding)]).await;
    assert_eq!(answer, (202, "0: Accepted for delivery".to_owned()));
    let received = kannel.wait_for(1, SOON).unwrap();
    assert_eq!(received.len(), 1, "{received:?}");
    received.into_iter().next().unwrap()
}

fn sms(text: &str, coding: Coding, segments: usize) -> Sms {
    Sms {
        sender: "Clinique".into(),
        receiver: "+33600000001".into(),
        text: text.into(),
        coding,
        segments,
    }
}

#[tokio::test]
async fn a_text_in_the_gsm_alphabet_arrives_whole() {
    let text = "Bonjour Chloé, reste à payer : 45 €\n12 rue de la Paix [2e étage] {~^|\\}";
    assert_eq!(check(text, "0").await, sms(text, Coding::Gsm7, 1));
}

#[tokio::test]
async fn a_text_with_an_emoji_arrives_whole() {
    let text = "À demain 😀, même heure";
    assert_eq!(check(text, "2").await, sms(text, Coding::Ucs2, 1));
}

#[tokio::test]
async fn a_text_of_three_segments_arrives_whole() {
    // 153 units a segment, and € takes two: 200 + 2 × 50 + 150 = 450.
    let text = format!("{}{}{}", "é".repeat(200), "€".repeat(50), "a".repeat(150));
    assert_eq!(check(&text, "0").await, sms(&text, Coding::Gsm7, 3));
}

#[tokio::test]
async fn an_emoji_between_two_segments_arrives_whole() {
    // 67 units a segment: the 67th is the first half of an emoji.
    let text = "é😀".repeat(60);
    assert_eq!(check(&text, "2").await, sms(&text, Coding::Ucs2, 3));
}

#[tokio::test]
async fn messages_for_two_phones_are_told_apart() {
    let kannel = Kannel::start().unwrap();
    let long = "x".repeat(200);
    for to in ["+33600000002", "+33600000003"] {
        send(&kannel, &long, &[("to", to)]).await;
    }
    let received = kannel.wait_for(2, SOON).unwrap();
    let seen: Vec<_> = received
        .iter()
        .map(|sms| (sms.receiver.as_str(), sms.text.as_str(), sms.segments))
        .collect();
    assert_eq!(
        seen,
        [
            ("+33600000002", long.as_str(), 2),
            ("+33600000003", long.as_str(), 2)
        ]
    );
}

#[tokio::test]
async fn a_receipt_comes_back() {
    let (kannel, callbacks) = (Kannel::start().unwrap(), Callbacks::start().unwrap());
    let url = format!(
        "{}/receipt?reference=m-1&status=%d&smsc=%i&answer=%A",
        callbacks.url()
    );
    send(&kannel, "Bonjour", &[("dlr-mask", "31"), ("dlr-url", &url)]).await;
    let receipts = callbacks.wait_for(2, SOON).unwrap();
    let mut told: Vec<_> = receipts
        .iter()
        .map(|receipt| {
            assert_eq!(receipt.query("reference").as_deref(), Some("m-1"));
            assert_eq!(receipt.query("smsc").as_deref(), Some("fake"));
            (
                receipt.query("status").unwrap(),
                receipt.query("answer").unwrap(),
            )
        })
        .collect();
    // They may come in any order.
    told.sort();
    assert_eq!(
        told,
        [
            ("1".to_owned(), String::new()),
            ("8".to_owned(), "ACK/".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_number_without_a_route_is_refused_for_good() {
    let kannel = Kannel::start().unwrap();
    let to = format!("{}123456", Kannel::UNROUTABLE_PREFIX);
    let answer = send(&kannel, "Bonjour", &[("to", &to)]).await;
    assert_eq!(answer, (403, "Not routable. Do not try again.".to_owned()));
}

#[test]
fn a_phone_can_write_to_the_clinic() {
    let callbacks = Callbacks::start().unwrap();
    let url = format!("{}/inbound?from=%p&to=%P&text=%b", callbacks.url());
    let kannel = Kannel::start_with_inbound(&url).unwrap();
    kannel
        .send_from_phone("+33600000001", "13013", "Arrêt, s'il vous plaît")
        .unwrap();
    let seen = callbacks.wait_for(1, SOON).unwrap();
    let [request] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert_eq!(request.query("from").as_deref(), Some("+33600000001"));
    assert_eq!(request.query("to").as_deref(), Some("13013"));
    assert_eq!(
        request.query("text").as_deref(),
        Some("Arrêt, s'il vous plaît")
    );
}

#[test]
fn a_phone_cannot_write_more_than_one_line() {
    let kannel = Kannel::start().unwrap();
    for text in ["a\nb".to_owned(), "x".repeat(255)] {
        assert!(
            kannel
                .send_from_phone("+33600000001", "13013", &text)
                .is_err()
        );
    }
}
