//! The policies that ship: the files of `rules/stock`, each with its cases.

/// A policy that ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its file, as diagnostics name it.
    pub(crate) file: &'static str,
    /// Its text.
    pub(crate) text: &'static str,
    /// The file of its cases.
    pub(crate) cases_file: &'static str,
    /// Its cases.
    pub(crate) cases: &'static str,
}

macro_rules! stock {
    ($($name:literal),+ $(,)?) => {
        /// The policies that ship, in the order in which they are asked: that of their names.
        pub(crate) const STOCK: &[Stock] = &[$(Stock {
            name: $name,
            file: concat!("stock/", $name, ".rhai"),
            text: include_str!(concat!("../stock/", $name, ".rhai")),
            cases_file: concat!("stock/", $name, ".cases.toml"),
            cases: include_str!(concat!("../stock/", $name, ".cases.toml")),
        }),+];
    };
}

stock! {
    "activation",
    "after_visit",
    "alerts",
    "appointment",
    "channels",
    "consent",
    "hours",
    "min_lead",
    "notices",
    "one_a_day",
    "passwords",
    "recall",
    "reminder",
    "resources",
    "second_reminder",
    "switches",
}
