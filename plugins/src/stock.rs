//! The provider adapters that ship. A clinic's `plugins/NAME/` has the same files and takes the place
//! of one of the same name.

/// The files of an adapter that ships.
#[derive(Clone, Copy, Debug)]
pub struct StockAdapter {
    /// Its name.
    pub name: &'static str,
    /// `plugin.toml`.
    pub manifest: &'static str,
    /// `adapter.rhai`.
    pub script: &'static str,
    /// `cases.toml`.
    pub cases: &'static str,
}

macro_rules! stock {
    ($($name:literal),+ $(,)?) => {
        &[$(StockAdapter {
            name: $name,
            manifest: include_str!(concat!("../adapters/", $name, "/plugin.toml")),
            script: include_str!(concat!("../adapters/", $name, "/adapter.rhai")),
            cases: include_str!(concat!("../adapters/", $name, "/cases.toml")),
        }),+]
    };
}

const STOCK: &[StockAdapter] = stock!["json", "kannel", "twilio", "twilio-voice"];

/// The adapters that ship, by name.
pub fn stock_adapters() -> &'static [StockAdapter] {
    STOCK
}
