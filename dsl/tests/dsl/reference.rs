//! The tables of `docs/language.md` are what the code says. `UPDATE=1` writes them anew.

use std::fmt::Write as _;
use std::path::Path;

use rappel_core::diagnostic::codes;
use rappel_core::kind::STOCK_KINDS;
use rappel_core::{Language, Named};
use rappel_dsl::filters::FILTERS;
use rappel_dsl::variables::{Id, Print, TABLE};
use rappel_dsl::vocabulary::KEYWORDS;
use rappel_dsl::{Options, Sheet, Variable, vocabulary};

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test may be told to write its expectations"
)]
fn the_reference_says_what_the_code_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut fresh = page.clone();
    for (name, table) in [
        ("keywords", keywords()),
        ("variables", variables()),
        ("kinds", kinds()),
        ("filters", filters()),
        ("codes", codes_table()),
    ] {
        let (begin, end) = (
            format!("<!-- begin {name} -->\n"),
            format!("<!-- end {name} -->"),
        );
        let from = fresh.find(&begin).unwrap() + begin.len();
        let to = fresh.find(&end).unwrap();
        fresh.replace_range(from..to, &table);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
        return;
    }
    assert!(
        page == fresh,
        "docs/language.md is stale: run this test with UPDATE=1 and commit the page"
    );
}

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn keywords() -> String {
    let mut table = String::from(
        "| | English | French | Italian | Spanish |\n| --- | --- | --- | --- | --- |\n",
    );
    for (what, words) in KEYWORDS {
        writeln!(table, "| {what} | `{}` |", words.join("` | `")).unwrap();
    }
    table
}

fn variables() -> String {
    let mut table = String::from(
        "| tag | English | français | italiano | español | type | absent? | longest | prints (in French) |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let options = Options::new(
        rappel_core::Kind::REMINDER,
        rappel_core::ChannelKind::Sms,
        Language::Fr,
    );
    let examples = vocabulary::current(&Sheet::examples(), &options);
    for row in TABLE {
        let variable = match row.id {
            Id::Number(number) => Variable::number(number.into()),
            Id::Named(named) => Variable::named(named),
        };
        let variable = variable.unwrap();
        let printed = match row.print {
            Print::Never => "for conditions".to_string(),
            _ => {
                let known = examples
                    .iter()
                    .find(|(known, _)| *known == variable)
                    .and_then(|(_, text)| text.clone());
                format!("`{}`", known.unwrap_or_else(|| row.example.to_string()))
            }
        };
        let labels = &row.labels;
        let absent = if row.may_be_absent { "may be" } else { "" };
        let longest = if row.print == Print::Never {
            String::new()
        } else {
            row.longest.to_string()
        };
        writeln!(
            table,
            "| `[{variable}]` | {} | {} | {} | {} | {} | {absent} | {longest} | {} |",
            labels.en,
            labels.fr,
            labels.it,
            labels.es,
            row.kind.name(),
            cell(&printed)
        )
        .unwrap();
    }
    table
}

/// Which named values kinds offer, beside those that every kind offers; kinds that offer the same stand together.
fn kinds() -> String {
    let mut offers: Vec<(String, Vec<String>)> = Vec::new();
    for kind in STOCK_KINDS {
        let values: Vec<String> = Named::ALL
            .into_iter()
            .filter_map(Variable::named)
            .filter(|variable| variable.offering().count() < STOCK_KINDS.len())
            .filter(|variable| {
                variable
                    .offering()
                    .any(|offers| offers.as_str() == kind.name)
            })
            .map(|variable| format!("`[{variable}]`"))
            .collect();
        let (values, name) = (values.join(" "), format!("`{}`", kind.name));
        match offers.iter_mut().find(|(same, _)| *same == values) {
            Some((_, kinds)) => kinds.push(name),
            None => offers.push((values, vec![name])),
        }
    }
    let mut table = String::from("| kind | offers |\n| --- | --- |\n");
    for (values, kinds) in offers {
        writeln!(table, "| {} | {values} |", kinds.join(", ")).unwrap();
    }
    table
}

fn filters() -> String {
    let mut table =
        String::from("| filter | does | on | for instance |\n| --- | --- | --- | --- |\n");
    for filter in FILTERS {
        let on: Vec<_> = filter.accepts.iter().map(|kind| kind.name()).collect();
        let channels = match filter.channels {
            [only] => format!(" ({only} only)"),
            _ => String::new(),
        };
        let examples: Vec<String> = filter
            .examples
            .iter()
            .map(|example| match example.value {
                "" => format!("`{}` of nothing: `{}`", cell(example.tag), example.prints),
                value => format!("`{}` of `{value}`: `{}`", cell(example.tag), example.prints),
            })
            .collect();
        let call = format!("{} {}", filter.name, filter.argument.sample());
        writeln!(
            table,
            "| `{}`{channels} | {} | {} | {} |",
            call.trim_end(),
            cell(filter.summary),
            on.join(", "),
            examples.join("; ")
        )
        .unwrap();
    }
    table
}

fn codes_table() -> String {
    let mut table = String::from("| code | says |\n| --- | --- |\n");
    for code in codes::ALL
        .iter()
        .filter(|code| matches!(&code.id[1..3], "01" | "02" | "03"))
    {
        writeln!(table, "| `{}` | {} |", code.id, code.title).unwrap();
    }
    table
}
