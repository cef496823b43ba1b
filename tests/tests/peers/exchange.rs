//! The telephone exchange: what it takes and refuses, and what a pressed key posts.

use rappel_tests::peers::{Callbacks, Exchange, Twiml};
use serde_json::Value;

use crate::{SOON, http_client};

const TWIML: &str = "<Response><Say>Bonjour</Say></Response>";

async fn ask(exchange: &Exchange, password: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let account = Exchange::ACCOUNT;
    let url = format!(
        "{}/2010-04-01/Accounts/{account}/Calls.json",
        exchange.url()
    );
    let request = http_client()
        .post(url)
        .basic_auth(account, Some(password))
        .form(form);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn calls_are_taken_or_refused_in_twilios_words() {
    let exchange = Exchange::start().unwrap();
    let (to, from) = (("To", "+33600000001"), ("From", "+33142345678"));
    let twiml = ("Twiml", TWIML);
    let long = "a".repeat(4_001);
    for (password, form, status, code) in [
        ("wrong", vec![to, from, twiml], 401, 20003),
        (Exchange::AUTH_TOKEN, vec![from, twiml], 400, 21201),
        (Exchange::AUTH_TOKEN, vec![to, twiml], 400, 21213),
        (
            Exchange::AUTH_TOKEN,
            vec![("To", "06"), from, twiml],
            400,
            21211,
        ),
        (
            Exchange::AUTH_TOKEN,
            vec![to, ("From", "LUMIERE"), twiml],
            400,
            21212,
        ),
        (Exchange::AUTH_TOKEN, vec![to, from], 400, 21205),
        (
            Exchange::AUTH_TOKEN,
            vec![to, from, ("Twiml", &long)],
            400,
            32018,
        ),
    ] {
        let (answered, body) = ask(&exchange, password, &form).await;
        assert_eq!((answered, body["code"].as_u64()), (status, Some(code)));
    }
    assert!(exchange.calls().is_empty());
    let (status, body) = ask(&exchange, Exchange::AUTH_TOKEN, &[to, from, twiml]).await;
    assert_eq!((status, &body["status"]), (201, &"queued".into()));
    let calls = exchange.wait_for(1, SOON).unwrap();
    assert_eq!(body["sid"], calls[0].sid.as_str());
    assert_eq!(calls[0].twiml().unwrap().said, ["Bonjour"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_where_the_call_says_signed() {
    let exchange = Exchange::start().unwrap();
    let host = Callbacks::start().unwrap();
    let action = format!("{}/replies?message=m-1&amp;a=b", host.url());
    let twiml = format!(
        "<Response><Gather numDigits=\"1\" action=\"{action}\"><Say>Tapez 1</Say></Gather></Response>"
    );
    let form = [
        ("To", "+33600000001"),
        ("From", "+33142345678"),
        ("Twiml", twiml.as_str()),
    ];
    ask(&exchange, Exchange::AUTH_TOKEN, &form).await;
    let call = exchange.calls().remove(0);
    let answered = exchange.press(&call, "1").await.unwrap();
    assert_eq!(answered.status, 200);
    assert!(answered.twiml().is_err(), "it is no TwiML");
    let seen = host.wait_for(1, SOON).unwrap();
    assert_eq!(seen[0].uri, "/replies?message=m-1&a=b");
    let posted = String::from_utf8(seen[0].body.to_vec()).unwrap();
    assert!(posted.contains("Digits=1"), "{posted}");
    assert!(!seen[0].headers["x-twilio-signature"].is_empty());
    let nowhere = exchange.report(&call, "completed").await.unwrap_err();
    assert!(nowhere.to_string().contains("StatusCallback"), "{nowhere}");
}

#[test]
fn what_twilio_could_not_say_is_no_twiml() {
    for (text, part) in [
        ("<Response><Say>a & b</Say></Response>", "Response"),
        ("<Say>a</Say>", "begins with `Response`"),
        ("<Response><Dial>1</Dial></Response>", "no verb `Dial`"),
        (
            "<Response><Say><speak>a</speak></Say></Response>",
            "no tag `speak`",
        ),
        ("<Response><Say> </Say></Response>", "says nothing"),
        (
            "<Response><Gather numDigits=\"1\"/></Response>",
            "no `action`",
        ),
    ] {
        let told = Twiml::read(text).unwrap_err().to_string();
        assert!(told.contains(part), "{told}");
    }
    let empty = Twiml::read("<Response/>").unwrap();
    assert_eq!((empty.said.len(), empty.action), (0, None));
}
