//! Provider adapters: what is found when one is loaded, and what its functions may do.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{Address, ChannelKind, Content, Outcome, Outgoing, Sender};
use rappel_core::diagnostic::codes;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::provider::{HttpAnswer, HttpBody, HttpRequest, Inbound, Key, Provider};
use rappel_core::{Kind, Language, Phone};
use rappel_rules::adapter::{Adapter, AdapterFiles, reference};

const MANIFEST: &str = r#"
name = "acme"
summary = "Acme SMS"
channels = ["sms"]
hosts = ["{options.host}", "api.acme.example:8443"]

[options.host]
summary = "Where Acme is"
default = "eu.acme.example"

[secrets]
key = "The key"
"#;

const WEBHOOK: &str = "[webhook]\nproof = \"token\"\nsecret = \"key\"\nparameter = \"token\"\n";

const SCRIPT: &str = r#"
fn request(message, options) {
    post("https://" + options.host + "/send").json(#{ to: message.to, text: message.text })
}

fn response(answer) {
    if answer.ok { accepted(answer.json.id) }
}
"#;

fn load(manifest: &str, script: &str, cases: Option<&str>) -> Result<Adapter, String> {
    Adapter::load(AdapterFiles {
        folder: "plugins/acme",
        manifest,
        script,
        cases,
    })
    .map_err(|slips| {
        let reports: Vec<_> = slips.iter().map(|slip| slip.report(90, false)).collect();
        reports.join("")
    })
}

/// What is found in an adapter that differs from the good one in its manifest.
fn manifest(old: &str, new: &str) -> String {
    assert!(MANIFEST.contains(old), "{old}");
    load(&MANIFEST.replace(old, new), SCRIPT, None).unwrap_err()
}

/// What is found in an adapter that differs from the good one in its script.
fn script(old: &str, new: &str) -> String {
    assert!(SCRIPT.contains(old), "{old}");
    load(MANIFEST, &SCRIPT.replace(old, new), None).unwrap_err()
}

/// What is found in the good adapter's cases.
fn cases(cases: &str) -> String {
    load(MANIFEST, SCRIPT, Some(cases)).unwrap_err()
}

#[test]
fn slips_in_a_manifest() {
    insta::assert_snapshot!(
        "unknown key",
        manifest("summary = \"Acme", "sumary = \"Acme")
    );
    insta::assert_snapshot!("not toml", manifest("name = \"acme\"", "name = acme"));
    insta::assert_snapshot!(
        "another name",
        manifest("name = \"acme\"", "name = \"akme\"")
    );
    insta::assert_snapshot!("unknown channel", manifest("[\"sms\"]", "[\"fax\"]"));
    insta::assert_snapshot!(
        "nothing to do",
        manifest(
            "channels = [\"sms\"]\nhosts = [\"{options.host}\", \"api.acme.example:8443\"]",
            "channels = []\nhosts = []"
        )
    );
    insta::assert_snapshot!(
        "hosts",
        manifest(
            "\"api.acme.example:8443\"",
            "\"*.acme.example\", \"{options.hots}\", \"{options.host\", \"https://acme.example/\", \"\"",
        )
    );
    insta::assert_snapshot!(
        "unknown secret",
        load(
            &format!("{MANIFEST}{}", WEBHOOK.replace("\"key\"", "\"kye\"")),
            &format!("{SCRIPT}fn receipt(inbound) {{ }}"),
            None,
        )
        .unwrap_err()
    );
}

#[test]
fn slips_in_a_script() {
    insta::assert_snapshot!("form", script("#{ to:", "#{ to"));
    insta::assert_snapshot!(
        "refused word",
        script("if answer.ok", "eval(answer.body); if answer.ok")
    );
    insta::assert_snapshot!("unknown function", script("accepted(", "acepted("));
    insta::assert_snapshot!("unknown property", script("message.text", "message.txt"));
    insta::assert_snapshot!(
        "unknown property of the sender",
        script("message.text", "message.sender.mail")
    );
    insta::assert_snapshot!("unknown option", script("options.host", "options.hots"));
    insta::assert_snapshot!(
        "unknown secret in the script",
        script("message.text", "secret(\"kee\")")
    );
    insta::assert_snapshot!(
        "a secret whose name isn't written",
        script("message.text", "secret(message.text)")
    );
    insta::assert_snapshot!("a function is missing", script("fn response", "fn respond"));
    insta::assert_snapshot!(
        "wrong parameters",
        script("fn response(answer)", "fn response(answer, more)")
    );
    insta::assert_snapshot!(
        "receipts without a proof",
        load(
            MANIFEST,
            &format!("{SCRIPT}fn receipt(inbound) {{ }}"),
            None
        )
        .unwrap_err()
    );
    insta::assert_snapshot!(
        "an answer to replies that nobody reads",
        load(
            &format!("{MANIFEST}{WEBHOOK}"),
            &format!("{SCRIPT}fn receipt(inbound) {{ }}\nfn replied(answers) {{ answers.txt }}"),
            None
        )
        .unwrap_err()
    );
    insta::assert_snapshot!(
        "a proof without receipts",
        load(&format!("{MANIFEST}{WEBHOOK}"), SCRIPT, None).unwrap_err()
    );
}

#[test]
fn every_slip_of_both_files_is_told_at_once() {
    let found = load(
        &MANIFEST.replace("api.acme.example:8443", "*"),
        &SCRIPT
            .replace("message.text", "message.txt")
            .replace("options.host", "options.hots"),
        None,
    )
    .unwrap_err();
    // The options can't be looked at while the manifest is wrong.
    assert!(found.contains("`*` is not a host"), "{found}");
    assert!(found.contains("`message` has no `txt`"), "{found}");
}

#[test]
fn slips_in_cases() {
    insta::assert_snapshot!(
        "unknown key of a case",
        cases("[[case]]\nname = \"x\"\nmesage = {}\n")
    );
    insta::assert_snapshot!(
        "two questions",
        cases("[[case]]\nname = \"x\"\nmessage = {}\nanswer = { status = 200 }\n")
    );
    insta::assert_snapshot!(
        "no expectation",
        cases("[[case]]\nname = \"x\"\nanswer = { status = 200 }\n")
    );
    insta::assert_snapshot!(
        "another expectation",
        cases("[[case]]\nname = \"x\"\nanswer = { status = 200 }\nrequest = {}\n")
    );
    insta::assert_snapshot!(
        "a wrong request",
        cases(
            "[[case]]\nname = \"the text goes out\"\nmessage = { text = \"Bonjour\" }\nrequest.method = \"GET\"\nrequest.url = \"https://eu.acme.example/send\"\nrequest.json = { to = \"+33600000001\", body = \"Bonjour\" }\n"
        )
    );
    insta::assert_snapshot!(
        "a wrong outcome",
        cases(
            "[[case]]\nname = \"yes is yes\"\nanswer = { status = 200, json = { id = \"7\" } }\noutcome = { accepted = \"8\" }\n"
        )
    );
    insta::assert_snapshot!(
        "an adapter that fails",
        cases(
            "[[case]]\nname = \"yes is yes\"\nanswer = { status = 200, body = \"yes\" }\noutcome = \"accepted\"\n"
        )
    );
    insta::assert_snapshot!(
        "an adapter that should fail",
        cases("[[case]]\nname = \"no is no\"\nanswer = { status = 500 }\nfails = \"no\"\n")
    );
    insta::assert_snapshot!(
        "an adapter without receipts",
        cases("[[case]]\nname = \"receipts\"\ninbound.query = {}\nreceipts = []\n")
    );
}

#[test]
fn every_code_of_adapters_is_shown_by_one_of_these() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
    let snapshots: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("adapter__"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for code in codes::ALL.iter().filter(|code| code.id.starts_with("E06")) {
        assert!(snapshots.contains(code.id), "{code}");
    }
}

fn message(text: &str) -> Outgoing {
    Outgoing {
        id: "01912f4a-7c3e-7d2a-9b1c-0a1b2c3d4e5f"
            .parse::<MessageId>()
            .unwrap(),
        facility: FacilityId::from("lumiere"),
        kind: Kind::REMINDER,
        channel: ChannelKind::Sms,
        to: Address::Phone(Phone::parse("+33600000001", "FR").unwrap()),
        sender: Arc::new(Sender::default()),
        language: Language::Fr,
        content: Arc::new(Content {
            subject: None,
            text: text.into(),
            html: None,
            ssml: None,
            encoding: None,
            units: 0,
            segments: 1,
        }),
        receipts: None,
        replies: None,
        confirmation_requested: false,
        attempt: 0,
    }
}

/// What `request` answers to a message, where its body is `body`.
fn request(body: &str, text: &str) -> Result<HttpRequest, String> {
    let script = format!("fn request(message, options) {{ {body} }}\nfn response(answer) {{ }}");
    let adapter = load(MANIFEST, &script, None)?;
    let options = BTreeMap::from([("host".to_string(), "h".to_string())]);
    let built = adapter.request(&message(text), &options);
    built.map_err(|error| error.to_string())
}

/// What `response` answers, where its body is `body`.
fn response(body: &str, answer: &str) -> Result<Option<Outcome>, String> {
    let script = format!(
        "fn request(message, options) {{ get(\"https://h/\") }}\nfn response(answer) {{ {body} }}"
    );
    let adapter = load(MANIFEST, &script, None)?;
    let answer = HttpAnswer {
        status: 200,
        headers: vec![("x-id".into(), "7".into())],
        body: answer.into(),
    };
    adapter.response(&answer).map_err(|error| error.to_string())
}

#[test]
fn requests_have_every_part() {
    let full = request(
        r##"
        put(`https://${options.host}/${encode("a b/é")}`)
            .query(#{ b: 1, a: true, none: (), list: ["x", "y"] })
            .header("X-Attempt", message.attempt)
            .login("user", secret("key"))
            .form(#{ "a b": message.text })
        "##,
        "Bonjour & merci",
    )
    .unwrap();
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_string()))
            .collect()
    };
    assert_eq!(full.method, "PUT");
    assert_eq!(full.url, "https://h/a%20b%2F%C3%A9");
    assert_eq!(
        full.query,
        pairs(&[("a", "true"), ("b", "1"), ("list", "x"), ("list", "y")])
    );
    assert_eq!(full.headers, pairs(&[("X-Attempt", "0")]));
    assert_eq!(
        full.basic_auth,
        Some(("user".into(), "\u{1}secret:key\u{1}".into()))
    );
    let form = HttpBody::Form(pairs(&[("a b", "Bonjour & merci")]));
    assert!(full.body == form);
}

#[test]
fn json_is_written_as_it_is_meant() {
    let built = request(
        r#"post("https://h/").bearer("t").json(#{ n: 1, d: "12.50".parse_decimal(), f: true, gone: (), list: [1, (), "x"], deep: #{ a: parse_json("{\"k\":[1.5]}") } })"#,
        "",
    );
    let HttpBody::Json(json) = built.unwrap().body else {
        unreachable!()
    };
    assert_eq!(
        json.to_string(),
        r#"{"d":12.5,"deep":{"a":{"k":[1.5]}},"f":true,"list":[1,null,"x"],"n":1}"#
    );
}

#[test]
fn a_long_text_goes_through_whole() {
    let text = "é".repeat(40_000);
    let built = request(
        r#"post("https://h/").json(#{ text: "<" + message.text + ">" })"#,
        &text,
    );
    let HttpBody::Json(json) = built.unwrap().body else {
        unreachable!()
    };
    assert_eq!(json["text"], format!("<{text}>"));
}

#[test]
fn a_text_never_becomes_a_mark() {
    let text = "\u{1}secret:key\u{1} \u{2}text\u{2}";
    let built = request(
        r#"post("https://h/").text("text/plain", message.text)"#,
        text,
    );
    assert!(built.unwrap().body == HttpBody::Text("secret:key text".into()));
    let long = format!("{text}{}", "x".repeat(10_000));
    let built = request(
        r#"post("https://h/").text("text/plain", message.text)"#,
        &long,
    );
    let HttpBody::Text(sent) = built.unwrap().body else {
        unreachable!()
    };
    assert!(sent.starts_with("secret:key textxxx"));
}

#[test]
fn a_secret_is_encoded_once() {
    let url = |body: &str| request(body, "").map(|request| request.url);
    assert_eq!(
        url(r#"get("https://h/" + encode("é " + secret("key")))"#).unwrap(),
        "https://h/%C3%A9%20\u{1}secret-in-url:key\u{1}"
    );
    let twice = url(r#"get("https://h/" + encode(encode(secret("key"))))"#);
    assert!(twice.unwrap_err().contains("can't be encoded twice"));
}

#[test]
fn answers_are_looked_into() {
    let json = r#"{"errors":[{"code":21211,"ok":false,"who":null}],"deep":[[1]],"half":0.5}"#;
    for (expression, seen) in [
        ("answer.json.errors[0].code", "21211"),
        ("answer.json.errors[0].ok", "false"),
        ("answer.json.errors[1]", ""),
        ("answer.json.nothing", ""),
        ("answer.json.deep[0][0] + 1", "2"),
        ("answer.json.half", "0.5"),
        ("answer.json.len()", "3"),
        ("answer.json.errors.entries()[0].code", "21211"),
        ("answer.json == ()", "false"),
        ("answer.json != ()", "true"),
        ("answer.header(\"X-Id\")", "7"),
        ("answer.header(\"X-Other\")", ""),
        ("answer.status", "200"),
        ("answer.retry_after", ""),
        ("answer.body.len()", "73"),
        (
            "json_text(answer.json.errors)",
            r#"[{"code":21211,"ok":false,"who":null}]"#,
        ),
        ("parse_json(\"no\")", ""),
    ] {
        let said = response(&format!("refused(`${{{expression}}}`)"), json);
        let seen = Some(Outcome::Refused {
            reason: seen.to_string(),
        });
        assert_eq!(said, Ok(seen), "{expression}");
    }
}

#[test]
fn a_function_that_answers_something_else_is_told() {
    for (body, sentence) in [
        ("1", "not a number"),
        ("\"yes\"", "not a text"),
        ("accepted", "there is no variable `accepted`"),
    ] {
        let told = response(body, "").unwrap_err();
        assert!(told.contains(sentence), "{told}");
    }
    let told = request("\"https://h/\"", "").unwrap_err();
    assert!(told.contains("`request` must answer"), "{told}");
    let told = request("post(\"https://h/\").form(#{ a: #{} })", "").unwrap_err();
    assert!(told.contains("not a map"), "{told}");
}

#[test]
fn no_fault_repeats_what_it_was_about() {
    for body in [
        "throw message.text",
        "parse_int(message.text); get(\"https://h/\")",
        "get(message.text.nothing)",
        "post(\"https://h/\").json(#{ a: message })",
        "let x = [1]; x[message.text]",
        "secret(\"key\").nothing",
    ] {
        let told = request(body, "Bonjour Jeannette").unwrap_err();
        assert!(
            !told.contains("Jeannette") && !told.contains("33600000001"),
            "{told}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_told(manifest in ".{0,200}", script in ".{0,200}", cases in ".{0,200}") {
        for (manifest, script, cases) in [
            (manifest.as_str(), SCRIPT, None),
            (MANIFEST, script.as_str(), None),
            (MANIFEST, SCRIPT, Some(cases.as_str())),
        ] {
            let _read = load(manifest, script, cases);
        }
    }

    #[test]
    fn any_answer_is_read(body in ".{0,100}", status in 0u16..1000) {
        let script = SCRIPT.replace("if answer.ok", "let seen = answer.json; if answer.ok");
        let adapter = load(MANIFEST, &script, None).unwrap();
        let _said = adapter.response(&HttpAnswer { status, headers: Vec::new(), body });
    }
}

#[test]
fn a_script_without_end_is_stopped() {
    let told = request("loop { }", "").unwrap_err();
    assert!(told.contains("stopped after"), "{told}");
    let told = response("let s = \"xxxxxxxxxx\"; loop { s += s; }", "").unwrap_err();
    assert!(told.contains("grew past"), "{told}");
}

#[test]
fn receipts_and_replies_come_alone_in_lists_or_not() {
    let script = format!(
        "{SCRIPT}
        fn receipt(inbound) {{
            if inbound.json == () {{ return; }}
            inbound.json.entries().map(|one| delivered(theirs(one)))
        }}
        fn reply(inbound) {{ wrote(inbound.form.from, inbound.form.text ?? \"\") }}"
    );
    let adapter = load(&format!("{MANIFEST}{WEBHOOK}"), &script, None).unwrap();
    let call = |body: &str| Inbound {
        query: Vec::new(),
        form: vec![("from".into(), "+33600000001".into())],
        body: body.into(),
    };
    assert_eq!(adapter.receipt(&call("")).unwrap(), []);
    assert_eq!(adapter.receipt(&call("[\"a\", 2]")).unwrap().len(), 2);
    let replies = adapter.reply(&call("")).unwrap();
    assert_eq!(replies[0].from.as_deref(), Some("+33600000001"));
    assert_eq!(
        format!("{replies:?} {adapter:?}"),
        "[Reply(hidden)] Adapter { name: \"acme\", .. }"
    );
}

#[test]
fn a_reply_names_its_message_where_the_gateway_does() {
    let id = "01912f4a-7c3e-7d2a-9b1c-0a1b2c3d4e5f";
    let reply = |body: &str, digits: &str| {
        let script = format!(
            "{SCRIPT}fn receipt(inbound) {{ }}\nfn reply(inbound) {{ let of = ours(inbound.query.message); {body} }}"
        );
        let adapter = load(&format!("{MANIFEST}{WEBHOOK}"), &script, None).unwrap();
        let call = Inbound {
            query: vec![("message".into(), id.into())],
            form: vec![("Digits".into(), digits.into())],
            body: String::new(),
        };
        let replies = adapter.reply(&call).map_err(|error| error.to_string())?;
        Ok::<_, String>(replies.into_iter().next().unwrap())
    };
    let message = Some(id.parse::<MessageId>().unwrap());
    for (digits, key) in [
        ("1", Key::Yes),
        ("2", Key::No),
        ("3", Key::Unreadable),
        ("#", Key::Unreadable),
        ("11", Key::Unreadable),
        ("", Key::Unreadable),
    ] {
        let pressed = reply("pressed(of, inbound.form.Digits)", digits).unwrap();
        assert_eq!(
            (pressed.message, pressed.key, pressed.text.as_str()),
            (message, Some(key), digits)
        );
        assert_eq!((pressed.from, pressed.gateway_id), (None, None));
    }
    let wrote = reply("wrote(\"+33600000001\", \"oui\", \"7f3a\", of)", "").unwrap();
    assert_eq!(
        (wrote.message, wrote.key, wrote.gateway_id.as_deref()),
        (message, None, Some("7f3a"))
    );
    for (body, sentence) in [
        ("pressed(of, inbound.form.Key)", "which key was pressed"),
        ("pressed(theirs(\"CA1\"), \"1\")", "by our reference"),
        ("pressed(ours(\"42\"), \"1\")", "one of our messages"),
    ] {
        let told = reply(body, "1").unwrap_err();
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn a_gateway_is_answered_in_its_own_language() {
    let replied = |function: &str, text: Option<&str>| {
        let script =
            format!("{SCRIPT}fn receipt(inbound) {{ }}\nfn reply(inbound) {{ }}\n{function}");
        let adapter = load(&format!("{MANIFEST}{WEBHOOK}"), &script, None).unwrap();
        let answer = adapter.replied(text, Language::De);
        answer.map_err(|error| error.to_string())
    };
    assert_eq!(replied("", Some("Danke")), Ok(None));
    assert_eq!(replied("fn replied(answers) { }", Some("Danke")), Ok(None));
    let said = "fn replied(answers) { body(\"text/xml\", `<a l=\"${answers.language}\">${escape_xml(answers.text ?? \"\")}</a>`) }";
    let body = |text| replied(said, text).unwrap().unwrap().body;
    assert_eq!(body(Some("<Danke>")), "<a l=\"de\">&lt;Danke&gt;</a>");
    assert_eq!(body(None), "<a l=\"de\"></a>");
    for (answer, sentence) in [
        ("\"Danke\"", "must answer `body(type, text)` or nothing"),
        ("body(\"text/xml\\r\\nX-A: 1\", \"\")", "such as `text/xml`"),
        ("body(\"text/xml\", secret(\"key\"))", "can't hold a secret"),
    ] {
        let told = replied(&format!("fn replied(answers) {{ {answer} }}"), None).unwrap_err();
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn xml_is_escaped_once_and_keeps_the_tags_of_a_list() {
    let form = |value: &str, text: &str| {
        let built = request(
            &format!("post(\"https://h/\").form(#{{ a: {value} }})"),
            text,
        )?;
        let HttpBody::Form(fields) = built.body else {
            return Err("no form".to_string());
        };
        Ok(fields.into_iter().next().unwrap().1)
    };
    for (value, text, seen) in [
        (
            "escape_xml(message.text)",
            "a < b & \"c\" > 'd'",
            "a &lt; b &amp; &quot;c&quot; &gt; &apos;d&apos;",
        ),
        ("escape_xml(message.text)", "&amp;\u{8}\n", "&amp;amp;\n"),
        (
            "keep_tags(message.text, [\"p\"])",
            "<s><p>a &lt; b</p></s>",
            "<p>a &lt; b</p>",
        ),
        (
            "keep_tags(message.text, [\"p\"])",
            "<p/><pre>a</pre><p\n/>",
            "<p/>a<p\n/>",
        ),
        (
            "keep_tags(message.text, [\"br\"])",
            "a<br t='>'/>b > c<b t=\"<br/>\">",
            "a<br t='>'/>b > c",
        ),
        ("keep_tags(message.text, [])", "no tags", "no tags"),
    ] {
        assert_eq!(form(value, text).as_deref(), Ok(seen), "{value} {text}");
    }
    let url = form(
        "escape_xml(\"https://h/?a=1&k=\" + encode(secret(\"key\")))",
        "",
    );
    assert_eq!(
        url.as_deref(),
        Ok("https://h/?a=1&amp;k=\u{1}secret-in-url:key\u{1}")
    );
    let long = "a".repeat(8_001);
    for (value, text, sentence) in [
        ("escape_xml(secret(\"key\"))", "", "can't be escaped"),
        (
            "escape_xml(message.text)",
            long.as_str(),
            "longer than 8,000 bytes",
        ),
        (
            "keep_tags(message.text, [])",
            long.as_str(),
            "longer than 8,000 bytes",
        ),
        ("keep_tags(message.text, [])", "a <b", "has no `>`"),
        (
            "keep_tags(message.text, [])",
            "<!-- <b> -->",
            "comments or CDATA",
        ),
        ("keep_tags(message.text, [1])", "<b>", "is a text, not"),
    ] {
        let told = form(value, text).unwrap_err();
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn the_guides_adapter_loads_and_its_cases_hold() {
    let guide = include_str!("../../docs/adapters.md");
    let block = |begin: &str| {
        let (_, rest) = guide.split_once(begin).unwrap();
        let (block, _) = rest.split_once("\n```").unwrap();
        let (_, first) = begin.split_once('\n').unwrap();
        format!("{first}{block}\n")
    };
    let cases = block("```toml\n[[case]]\nname = \"an SMS");
    let adapter = load(
        &block("```toml\nname = \"acme\""),
        &block("```rhai\nfn request"),
        Some(&cases),
    );
    assert!(adapter.is_ok(), "{}", adapter.unwrap_err());
    assert_eq!(cases.matches("[[case]]").count(), 3);
    // The functions for replies are shown by themselves.
    let cases = block("```toml\n[[case]]\nname = \"a key");
    let adapter = load(
        &block("```toml\nname = \"acme\""),
        &format!(
            "{}{}",
            block("```rhai\nfn request"),
            block("```rhai\nfn reply")
        ),
        Some(&cases),
    );
    assert!(adapter.is_ok(), "{}", adapter.unwrap_err());
    assert_eq!(cases.matches("[[case]]").count(), 2);
}

#[test]
fn the_guides_reference_is_what_there_is() {
    let guide = include_str!("../../docs/adapters.md");
    let (_, rest) = guide.split_once("<!-- reference -->\n\n").unwrap();
    let (written, _) = rest.split_once("<!-- end of the reference -->").unwrap();
    assert_eq!(
        written,
        reference(),
        "put this between the marks of docs/adapters.md"
    );
}
