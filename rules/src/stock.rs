//! The policies that ship: the files of `rules/stock`.

/// A policy that ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stock {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its file, as diagnostics name it.
    pub(crate) file: &'static str,
    /// Its text.
    pub(crate) text: &'static str,
}

macro_rules! stock {
    ($($name:literal),+ $(,)?) => {
        /// The policies that ship, in the order in which they are asked: that of their names.
        pub(crate) const STOCK: &[Stock] = &[$(Stock {
            name: $name,
            file: concat!("stock/", $name, ".rhai"),
            text: include_str!(concat!("../stock/", $name, ".rhai")),
        }),+];
    };
}

stock! {
    "activation",
    "appointment",
    "channels",
    "consent",
    "hours",
    "min_lead",
    "notices",
    "one_a_day",
    "reminder",
    "second_reminder",
    "switches",
}
