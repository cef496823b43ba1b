//! How much a script may use. The figures are chosen so that no script takes longer than 100 ms or
//! more than 16 MiB, even in a debug build; `benches/sandbox.rs` measures, `tests/sandbox.rs` holds.

use rhai::Engine;

/// How much a script may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps of the interpreter in one call. Rhai's own limit is not used: it forgets the steps of a
    /// closure that a native function calls.
    pub steps: u32,
    /// How deep functions may call each other.
    pub calls: usize,
    /// How deep expressions and blocks may be nested.
    pub depth: usize,
    /// The longest text, in bytes, also the sum of the texts in a list or map.
    pub text: usize,
    /// The most entries of a list, those of lists inside it included.
    pub list: usize,
    /// The most entries of a map, those of maps inside it included.
    pub map: usize,
    /// The most variables at once in a function.
    pub variables: usize,
    /// The most functions in a file.
    pub functions: usize,
    /// The longest file, in bytes.
    pub source: usize,
}

impl Limits {
    /// For policies: they look at facts and answer.
    pub const POLICY: Limits = Limits {
        steps: 5_000,
        calls: 8,
        depth: 48,
        text: 1_000,
        list: 100,
        map: 100,
        variables: 50,
        functions: 50,
        source: 64 * 1024,
    };

    /// For provider adapters: they write requests and read what gateways answer.
    pub const ADAPTER: Limits = Limits {
        text: 10_000,
        list: 250,
        map: 250,
        ..Limits::POLICY
    };

    pub(super) fn set(&self, engine: &mut Engine) {
        engine
            .set_max_call_levels(self.calls)
            .set_max_expr_depths(self.depth, self.depth)
            .set_max_string_size(self.text)
            .set_max_array_size(self.list)
            .set_max_map_size(self.map)
            .set_max_variables(self.variables)
            .set_max_functions(self.functions)
            .set_max_modules(0);
    }
}
