//! How fast the reminder of `examples/lumiere` renders and compiles, beside other engines with the same text.
//!
//! `cargo bench -p rappel-dsl` prints one table. All contenders take turns within one run, so that what else the
//! machine does falls on all of them; the figure of each is that of its undisturbed rounds.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod contenders;
mod handwritten;
mod measure;
mod values;

use std::hint::black_box;

use askama::Template as _;
use rappel_core::{ChannelKind, Kind, Language};
use rappel_dsl::{Facts, Options, compile};

use contenders::{Engines, JINJA};
use measure::{Contender, compare};
use values::{Texts, Visited};

const TEMPLATE: &str = include_str!("../../../examples/lumiere/templates/reminder.sms.trd");

fn main() {
    let options = Options::new(Kind::REMINDER, ChannelKind::Sms, Language::Fr);
    let compiled = compile(
        "reminder.sms.trd",
        TEMPLATE,
        &options,
        &rappel_dsl::no_parts,
    );
    let template = compiled.template.unwrap();
    let program = template.program();

    let texts = Texts::default();
    let slots: Vec<Option<&str>> = program
        .slots()
        .map(|slot| texts.get(&slot.variable().to_string()))
        .collect();
    let expected = handwritten::from_texts(&texts);
    assert_eq!(program.render(&slots, &[]).unwrap(), expected);

    let engines = Engines::new();
    let askama = texts.askama();
    assert_eq!(askama.render().unwrap(), expected);
    for (engine, text) in engines.all(&texts) {
        assert_eq!(text, expected, "{engine}");
    }

    compare(
        "render the reminder from text values (13 values, three sections)",
        "rappel",
        vec![
            Contender::new("hand-written push_str", || {
                black_box(handwritten::from_texts(black_box(&texts)));
            }),
            Contender::new("rappel", || {
                black_box(program.render(black_box(&slots), &[]).unwrap());
            }),
            Contender::new("askama", || {
                black_box(black_box(&askama).render().unwrap());
            }),
            Contender::new("upon", || {
                black_box(engines.upon(black_box(&texts)));
            }),
            Contender::new("minijinja", || {
                black_box(engines.minijinja(black_box(&texts)));
            }),
            Contender::new("handlebars", || {
                black_box(engines.handlebars(black_box(&texts)));
            }),
            Contender::new("liquid", || {
                black_box(engines.liquid(black_box(&texts)));
            }),
            Contender::new("tera", || {
                black_box(engines.tera(black_box(&texts)));
            }),
        ],
    );

    let visited = Visited::new();
    let mut facts = Facts::of(&visited.settings, &visited.visit, ChannelKind::Sms);
    facts.confirmation_requested = true;
    facts.links = &visited.links;
    assert_eq!(handwritten::from_visit(&visited), expected);
    assert_eq!(template.render(&facts).unwrap().text, expected);

    compare(
        "render the reminder from a whole visit, dates formatted, values cleaned, segments counted",
        "hand-written, nothing cleaned or counted",
        vec![
            Contender::new("hand-written, nothing cleaned or counted", || {
                black_box(handwritten::from_visit(black_box(&visited)));
            }),
            Contender::new("hand-written from text values", || {
                black_box(handwritten::from_texts(black_box(&texts)));
            }),
            Contender::new("rappel", || {
                black_box(template.render(black_box(&facts)).unwrap());
            }),
        ],
    );

    compare(
        "parse, check and compile the reminder",
        "rappel",
        vec![
            Contender::new("rappel", || {
                black_box(compile(
                    "reminder.sms.trd",
                    black_box(TEMPLATE),
                    &options,
                    &rappel_dsl::no_parts,
                ));
            }),
            Contender::new("rappel, parse alone", || {
                black_box(rappel_grammar::parse(black_box(TEMPLATE), &|word| {
                    word == "CONFIRM_URL"
                }));
            }),
            Contender::new("handlebars", || {
                black_box(
                    handlebars::Template::compile(black_box(contenders::HANDLEBARS)).unwrap(),
                );
            }),
            Contender::new("minijinja", || {
                let mut environment = minijinja::Environment::new();
                environment
                    .add_template("reminder", black_box(JINJA))
                    .unwrap();
                black_box(environment);
            }),
        ],
    );

    let long = TEMPLATE.repeat(500 * 1024 / TEMPLATE.len());
    let text = "Bonjour, à bientôt. ".repeat(25_000);
    compare(
        "parse 500 KB",
        "plain text",
        vec![
            Contender::new("plain text", || {
                black_box(rappel_grammar::parse_unlimited(black_box(&text), &|_| {
                    false
                }));
            }),
            Contender::new("the reminder over and over", || {
                black_box(rappel_grammar::parse_unlimited(black_box(&long), &|word| {
                    word == "CONFIRM_URL"
                }));
            }),
        ],
    );
}
