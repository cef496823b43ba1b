//! What of Rhai a script may use: the packages, the functions it may name, the words it may not.

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    Dynamic, Engine, EvalAltResult, ImmutableString, LexError, OptimizationLevel, Position, Token,
    def_package,
};

use super::budget;
use super::limits::Limits;

/// A function of Rhai's own that scripts may call.
#[derive(Debug)]
pub struct Standard {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub form: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it is for: the heading it stands under in the reference.
    pub group: &'static str,
    /// Whether it takes a `|x| …`.
    pub closure: bool,
}

macro_rules! standard {
    ($($group:literal { $($name:literal $form:literal $summary:literal $($closure:ident)?;)+ })+) => {
        /// The functions of Rhai's own that scripts may call, in the order of the reference. What is
        /// not here, or registered by the sandbox's owner, is an error when the script is loaded.
        pub const STANDARD: &[Standard] = &[$($(Standard {
            name: $name,
            form: $form,
            summary: $summary,
            group: $group,
            closure: standard!(@ $($closure)?),
        },)+)+];
    };
    (@ closure) => { true };
    (@) => { false };
}

standard! {
    "Lists" {
        "len" "list.len()" "How many entries it has.";
        "is_empty" "list.is_empty()" "Whether it has none.";
        "contains" "value in list" "Whether the value is one of the entries.";
        "index_of" "list.index_of(value)" "The place of the value, from 0; -1 where it isn't.";
        "map" "list.map(|x| …)" "A list with what `…` makes of each entry." closure;
        "filter" "list.filter(|x| …)" "A list of the entries for which `…` holds." closure;
        "some" "list.some(|x| …)" "Whether `…` holds for one entry or more." closure;
        "all" "list.all(|x| …)" "Whether `…` holds for every entry." closure;
        "find" "list.find(|x| …)" "The first entry for which `…` holds; `()` where there is none." closure;
        "reduce" "list.reduce(|sum, x| …, 0)" "What `…` makes of the entries one after the other, begun with the second argument." closure;
        "push" "list.push(value)" "Puts the value at the end; `list += value` does the same.";
        "insert" "list.insert(place, value)" "Puts the value before the entry at the place.";
        "remove" "list.remove(place)" "Takes out the entry at the place, and answers it.";
        "pop" "list.pop()" "Takes out the last entry, and answers it.";
        "shift" "list.shift()" "Takes out the first entry, and answers it.";
        "extract" "list.extract(from, count)" "A list of some of the entries.";
        "reverse" "list.reverse()" "Turns the list around.";
    }
    "Texts" {
        "starts_with" "text.starts_with(part)" "Whether it begins with the part.";
        "ends_with" "text.ends_with(part)" "Whether it ends with the part.";
        "sub_string" "text.sub_string(from, count)" "A part of it.";
        "split" "text.split(\",\")" "A list of the parts between the separators.";
        "to_upper" "text.to_upper()" "The text in capitals.";
        "to_lower" "text.to_lower()" "The text in small letters.";
        "trim" "text.trim()" "Takes the blanks off both ends, in place.";
        "replace" "text.replace(old, new)" "Puts `new` wherever `old` stood, in place.";
        "to_string" "value.to_string()" "The value as text; `${value}` inside backquotes does the same.";
    }
    "Numbers" {
        "abs" "number.abs()" "Without its sign.";
        "min" "min(a, b)" "The smaller of two.";
        "max" "max(a, b)" "The larger of two.";
        "floor" "number.floor()" "Rounded down.";
        "ceiling" "number.ceiling()" "Rounded up.";
        "round" "number.round()" "Rounded to the nearest, a half to the even one.";
        "to_int" "number.to_int()" "The whole number of a decimal or float.";
        "to_decimal" "number.to_decimal()" "The number as a decimal, which keeps its digits.";
        "parse_int" "parse_int(text)" "The whole number that a text writes.";
        "parse_decimal" "parse_decimal(text)" "The decimal that a text writes.";
        "is_odd" "number.is_odd()" "Whether it is odd.";
        "is_even" "number.is_even()" "Whether it is even.";
        "range" "range(from, to, step)" "The numbers from, up to and without `to`; `0..10` counts by one.";
    }
    "Maps" {
        "keys" "map.keys()" "A list of its names.";
        "values" "map.values()" "A list of its values.";
        "get" "map.get(name)" "The value of a name; `()` where there is none.";
        "set" "map.set(name, value)" "Gives the name a value.";
    }
    "Any value" {
        "type_of" "type_of(value)" "The name of its type.";
    }
}

/// Words that scripts may not use, each with what there is to know.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("eval", "a script can't run text as a script"),
    (
        "import",
        "a script stands alone; write the function you need into this file",
    ),
    (
        "export",
        "a script stands alone; nothing else can read what it exports",
    ),
    (
        "print",
        "nobody reads what a script prints; say it in a reason",
    ),
    (
        "debug",
        "nobody reads what a script prints; say it in a reason",
    ),
    (
        "sleep",
        "a script can't wait; answer when to ask again instead",
    ),
    (
        "timestamp",
        "a script has no clock; what it may know of time is in its arguments",
    ),
    (
        "exit",
        "a script ends with the value of its function; `return` ends it earlier",
    ),
    ("this", "give the value to the function as a parameter"),
    (
        "global",
        "a file holds functions only; write the value where it is used, or into `[own]` of `clinic.toml`",
    ),
    (
        "Fn",
        "a function can't be kept; write `|x| …` where it is used",
    ),
    (
        "call",
        "a function can't be kept; write `|x| …` where it is used",
    ),
    (
        "curry",
        "a function can't be kept; write `|x| …` where it is used",
    ),
    ("is_shared", "values are never shared"),
    (
        "is_def_var",
        "a variable is there or not; the file says which",
    ),
    (
        "is_def_fn",
        "a function is there or not; the file says which",
    ),
];

/// Marks the lexer's error about a refused word.
pub(super) const REFUSED_MARK: &str = "refused";

def_package! {
    /// The base that every script has. `sleep`, `exit` and reflection come with a package that is
    /// left out, as do blobs, the clock, and Rhai's resolver of files.
    Base(module): ArithmeticPackage, LogicPackage, BasicStringPackage, MoreStringPackage,
        BasicIteratorPackage, BasicArrayPackage, BasicMapPackage, BasicMathPackage {}
}

/// An engine with the base language, the limits, and nothing else.
pub(super) fn engine(limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    Base::new().register_into_engine(&mut engine);
    limits.set(&mut engine);
    // An unknown variable or property of a map is an error, not `()`.
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    // Scripts are small; what the optimizer takes out is not checked, and lines stay true.
    engine.set_optimization_level(OptimizationLevel::None);
    // Rhai asks before every step, also inside a closure that a native function calls.
    engine.on_progress(|_| (!budget::step()).then_some(Dynamic::UNIT));
    for word in ["import", "export"] {
        engine.disable_symbol(word);
    }
    // Marked as deprecated by Rhai to say that it may change; the sandbox's tests would tell.
    #[allow(deprecated)]
    engine.on_parse_token(|token, _, _| match &token {
        Token::Identifier(word) | Token::Reserved(word) if is_refused(word) => {
            let error = LexError::ImproperSymbol(word.to_string(), REFUSED_MARK.into());
            Token::LexError(error.into())
        }
        _ => token,
    });
    bounded_replace(&mut engine, limits.text);
    engine
}

fn is_refused(word: &str) -> bool {
    REFUSED.iter().any(|(refused, _)| *refused == word)
}

/// Rhai's `replace` looks at the result's length when it is there already: two texts of 10 kB make
/// one of 100 MB. This one looks before.
fn bounded_replace(engine: &mut Engine, longest: usize) {
    let replace = move |text: &mut ImmutableString, old: &str, new: &str| {
        let found = text.matches(old).count();
        let length = text.len() + found * new.len();
        if length - found * old.len() > longest {
            let what = "Length of string".to_string();
            return Err(EvalAltResult::ErrorDataTooLarge(what, Position::NONE).into());
        }
        *text = text.replace(old, new).into();
        Ok::<_, Box<EvalAltResult>>(())
    };
    engine
        .register_fn("replace", replace)
        .register_fn(
            "replace",
            move |text: &mut ImmutableString, old: char, new: &str| {
                replace(text, old.encode_utf8(&mut [0; 4]), new)
            },
        )
        .register_fn(
            "replace",
            move |text: &mut ImmutableString, old: &str, new: char| {
                replace(text, old, new.encode_utf8(&mut [0; 4]))
            },
        )
        .register_fn(
            "replace",
            move |text: &mut ImmutableString, old: char, new: char| {
                replace(
                    text,
                    old.encode_utf8(&mut [0; 4]),
                    new.encode_utf8(&mut [0; 4]),
                )
            },
        );
}
