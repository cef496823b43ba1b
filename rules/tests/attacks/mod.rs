//! Scripts that try to get out of the sandbox or to use up the host, each with what must stop it.

/// What must become of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It can't be loaded; the slip's message holds this.
    WhenLoaded(&'static str),
    /// It fails while it runs; the reason holds this.
    WhileRunning(&'static str),
    /// It is harmless: it runs to its end.
    Never,
}

/// A script with a function `attack()`.
pub(crate) struct Attack {
    /// What it tries.
    pub(crate) name: &'static str,
    /// The script.
    pub(crate) script: String,
    /// What must become of it.
    pub(crate) stopped: Stopped,
}

/// Every attack.
pub(crate) fn attacks() -> Vec<Attack> {
    use Stopped::{Never, WhenLoaded, WhileRunning};
    const STEPS: Stopped = WhileRunning("it was stopped after 5000 steps");
    const DEEP: Stopped = WhenLoaded("nested or chained more than 48 deep");
    const KEPT: Stopped = WhenLoaded("a function can't be kept or passed on");
    let body = |name, body: &str, stopped| Attack {
        name,
        script: format!("fn attack() {{\n{body}\n}}"),
        stopped,
    };
    let file = |name, script: &str, stopped| Attack {
        name,
        script: script.to_string(),
        stopped,
    };
    let around = |open: &str, middle: &str, close: &str, times: usize| {
        format!("{}{middle}{}", open.repeat(times), close.repeat(times))
    };
    vec![
        // The world outside.
        body(
            "import a file",
            "import \"/etc/passwd\" as p; 1",
            WhenLoaded("`import` can't be used here"),
        ),
        file(
            "import at the top",
            "import \"x\" as x;\nfn attack() { x::f() }",
            WhenLoaded("`import` can't be used here"),
        ),
        body(
            "run a text",
            "eval(\"40 + 2\")",
            WhenLoaded("`eval` can't be used here"),
        ),
        body(
            "run a text as a method",
            "\"40 + 2\".eval()",
            WhenLoaded("expecting name of a property"),
        ),
        body(
            "run a text out of a loop",
            "loop { break eval(\"40 + 2\"); }",
            WhenLoaded("`eval` can't be used here"),
        ),
        body(
            "run a text inside a text",
            "`${eval(\"40 + 2\")}`",
            WhenLoaded("`eval` can't be used here"),
        ),
        body(
            "run a text by its name",
            "Fn(\"eval\").call(\"40 + 2\")",
            WhenLoaded("`Fn` can't be used here"),
        ),
        body(
            "sleep",
            "sleep(10)",
            WhenLoaded("`sleep` can't be used here"),
        ),
        body(
            "sleep for ever",
            "sleep(1e300)",
            WhenLoaded("`sleep` can't be used here"),
        ),
        body(
            "read the clock",
            "timestamp()",
            WhenLoaded("`timestamp` can't be used here"),
        ),
        body(
            "print",
            "print(\"x\")",
            WhenLoaded("`print` can't be used here"),
        ),
        body(
            "debug",
            "debug(\"x\")",
            WhenLoaded("`debug` can't be used here"),
        ),
        body("exit", "exit(1)", WhenLoaded("`exit` can't be used here")),
        body(
            "a function that isn't registered",
            "sort_by([2, 1], |a, b| 0)",
            WhenLoaded("there is no function `sort_by`"),
        ),
        file(
            "keep something between calls",
            "let count = 0;\nfn attack() { 1 }",
            WhenLoaded("a file holds functions only"),
        ),
        file(
            "keep a constant between calls",
            "const A = 0;\nfn attack() { global::A }",
            WhenLoaded("`global` can't be used here"),
        ),
        file(
            "catch being stopped",
            "fn attack() { try { loop {} } catch { 1 } }",
            STEPS,
        ),
        file(
            "catch growing too large",
            "fn attack() { try { let s = \"x\"; loop { s += s; } } catch { 1 } }",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        // Time.
        body("an endless loop", "loop {}", STEPS),
        body("an endless while", "while true {}", STEPS),
        body("an endless do", "do {} while true;", STEPS),
        body("a long for", "for i in 0..1_000_000_000 {}", STEPS),
        body(
            "a range as long as numbers go",
            "for i in range(0, 9_223_372_036_854_775_807) {}",
            STEPS,
        ),
        body(
            "closures under the step limit",
            "let l = []; for i in 0..100 { l.push(i); } loop { l.map(|x| x + 1); }",
            STEPS,
        ),
        body(
            "closures in closures",
            "let l = []; for i in 0..100 { l.push(i); } let k = l; let j = l; l.map(|x| k.map(|y| j.map(|z| x + y + z)))",
            STEPS,
        ),
        body(
            "waiting for a lock",
            "let l = [1]; l.map(|x| { let copy = l; copy })",
            WhenLoaded("`l` is used inside a `|…|` of its own method"),
        ),
        body(
            "waiting for a lock again and again",
            "let m = #{list: [1]}; m.list.map(|x| [x].map(|y| loop { try { m.list } catch {} }))",
            WhenLoaded("`m` is used inside a `|…|` of its own method"),
        ),
        body(
            "waiting for a lock in a chain",
            "let l = [[1]]; l[0].filter(|x| true).map(|x| l)",
            WhenLoaded("`l` is used inside a `|…|` of its own method"),
        ),
        body(
            "one closure that never ends",
            "[1].map(|x| { loop {} })",
            STEPS,
        ),
        body(
            "a filter that never ends",
            "[1].filter(|x| { while true {} true })",
            STEPS,
        ),
        body(
            "copies of a list",
            "let l = []; for i in 0..100 { l.push([]); } loop { let copy = l; }",
            STEPS,
        ),
        body(
            "copies of a nested list",
            "let l = []; for i in 0..98 { l = [l]; } loop { let copy = l; }",
            STEPS,
        ),
        body(
            "copies of a map",
            "let m = #{}; for i in 0..100 { m.set(i.to_string(), i); } loop { let copy = m; }",
            STEPS,
        ),
        body(
            "comparing lists",
            "let l = []; for i in 0..100 { l.push(i); } loop { l == l; }",
            STEPS,
        ),
        body(
            "comparing nested lists",
            "let l = []; for i in 0..98 { l = [l]; } loop { l == l; }",
            STEPS,
        ),
        body(
            "writing a list as text",
            "let l = []; for i in 0..100 { l.push(i); } loop { l.to_string(); }",
            STEPS,
        ),
        body(
            "looking for what isn't there",
            "let s = \"\"; for i in 0..999 { s += \"a\"; } loop { s.index_of(\"ab\"); s.to_upper(); }",
            STEPS,
        ),
        body(
            "turning a list around",
            "let l = []; for i in 0..100 { l.push(i); } loop { l.reverse(); }",
            STEPS,
        ),
        body(
            "a power without end",
            "let n = 2; loop { n = 9_000_000_000 ** 63; }",
            WhileRunning("the calculation has no result"),
        ),
        // Memory.
        body(
            "doubling a text",
            "let s = \"x\"; loop { s += s; }",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        body(
            "doubling a text inside a text",
            "let s = \"x\"; loop { s = `${s}${s}`; }",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        body(
            "replacing every letter with a text",
            "let s = \"\"; for i in 0..999 { s += \"a\"; } let t = s; s.replace(\"a\", t); s",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        body(
            "replacing nothing with a text",
            "let s = \"\"; for i in 0..999 { s += \"a\"; } let t = s; s.replace(\"\", t); s",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        body(
            "splitting a text into its letters",
            "let s = \"\"; for i in 0..999 { s += \"a\"; } s.split(\"\")",
            WhileRunning("a list grew past 100 entries"),
        ),
        body(
            "a growing list",
            "let l = []; loop { l.push(1); }",
            WhileRunning("a list grew past 100 entries"),
        ),
        body(
            "a list added to itself",
            "let l = [1]; loop { l += l; }",
            WhileRunning("a list grew past 100 entries"),
        ),
        body(
            "a growing map",
            "let m = #{}; let i = 0; loop { m.set(i.to_string(), i); i += 1; }",
            WhileRunning("a map grew past 100 entries"),
        ),
        body(
            "lists in lists",
            "let l = [1, 1]; loop { l = [l, l]; }",
            WhileRunning("a list grew past 100 entries"),
        ),
        body(
            "maps in maps",
            "let m = #{a: 1}; loop { m = #{a: m, b: m}; }",
            WhileRunning("a map grew past 100 entries"),
        ),
        body(
            "texts in lists",
            "let s = \"\"; for i in 0..999 { s += \"a\"; } [s, s]",
            WhileRunning("a text grew past 1000 bytes"),
        ),
        body(
            "a function with what it keeps",
            "let f = |x| x; loop { f = f.curry([f, f, f]); }",
            WhenLoaded("expecting name of a property"),
        ),
        body(
            "functions that keep functions",
            "let f = |x| x; loop { let g = f; f = |x| { g; x }; }",
            KEPT,
        ),
        body("functions in a list", "let l = []; l.push(|x| x); l", KEPT),
        body(
            "a function out of a loop",
            "let f = loop { break |x| x; }; 1",
            KEPT,
        ),
        body(
            "a function out of a condition",
            "[1].map(if true { |x| x } else { |x| x })",
            KEPT,
        ),
        body("a function as a default", "() ?? |x| x", KEPT),
        file(
            "a named function in a list",
            "fn f(x) { x }\nfn attack() { [f, f] }",
            KEPT,
        ),
        file(
            "a function as an answer",
            "fn f() { |x| x }\nfn attack() { f() }",
            KEPT,
        ),
        file(
            "functions that hold lists",
            "fn f(x) { let l = []; for i in 0..100 { l.push(x); } f(l) }\nfn attack() { f(1) }",
            WhileRunning("a list grew past 100 entries"),
        ),
        file(
            "every call holds all it can",
            "fn f(x) { let a = []; for i in 0..100 { a.push(i); } let b = a; let c = a; let d = a; let e = a; f(e) }\nfn attack() { f(1) }",
            WhileRunning("functions call each other more than 8 deep"),
        ),
        file(
            "too many variables",
            &format!(
                "fn attack() {{ {} 1 }}",
                (0..60)
                    .map(|i| format!("let v{i} = {i};"))
                    .collect::<String>()
            ),
            WhileRunning("more than 50 variables at once"),
        ),
        file(
            "too many functions",
            &(0..60)
                .map(|i| format!("fn f{i}() {{}}\n"))
                .collect::<String>(),
            WhenLoaded("more than 50 functions"),
        ),
        file(
            "too long a file",
            &format!("fn attack() {{}} //{}", "x".repeat(64 * 1024)),
            WhenLoaded("the file is longer than 64 KiB"),
        ),
        file(
            "as long a file as can be",
            &format!("fn attack() {{ {} }}", "1;".repeat(32_000)),
            STEPS,
        ),
        // The stack.
        file(
            "recursion",
            "fn f(x) { f(x + 1) }\nfn attack() { f(1) }",
            WhileRunning("functions call each other more than 8 deep"),
        ),
        file(
            "recursion through closures",
            "fn f(x) { [x].map(|y| f(y)) }\nfn attack() { f(1) }",
            WhileRunning("functions call each other more than 8 deep"),
        ),
        file(
            "recursion with deep expressions",
            &format!(
                "fn f(x) {{ {} }}\nfn attack() {{ f(1) }}",
                around("[", "f(x)", "]", 12)
            ),
            WhileRunning("functions call each other more than 8 deep"),
        ),
        file(
            "recursion with deep blocks",
            &format!(
                "fn f(x) {{ {} }}\nfn attack() {{ f(1) }}",
                around("if true {", "f(x)", "}", 12)
            ),
            WhileRunning("functions call each other more than 8 deep"),
        ),
        body(
            "comparing lists as deep as can be",
            "let l = [1]; for i in 0..98 { l = [l]; } let m = l; l == m",
            Never,
        ),
        body(
            "writing a list as deep as can be",
            "let l = [1]; for i in 0..98 { l = [l]; } l.to_string().len()",
            Never,
        ),
        body("deep parentheses", &around("(", "1", ")", 5_000), DEEP),
        body("deep lists", &around("[", "1", "]", 5_000), DEEP),
        body("deep maps", &around("#{a:", "1", "}", 5_000), DEEP),
        body("deep blocks", &around("{", "1", "}", 5_000), DEEP),
        body("deep texts", &around("`${", "1", "}`", 5_000), DEEP),
        body(
            "deep conditions",
            &around("if true {", "1", "}", 4_000),
            DEEP,
        ),
        body(
            "a long else",
            &format!("{} {{}}", "if true {} else ".repeat(4_000)),
            DEEP,
        ),
        body(
            "deep switches",
            &around("switch 1 { _ => ", "1", "}", 3_000),
            DEEP,
        ),
        body("deep loops", &around("loop {", "", "}", 5_000), DEEP),
        body("deep closures", &format!("{}1", "|x| ".repeat(5_000)), DEEP),
        body(
            "deep empty closures",
            &format!("{}1", "||".repeat(5_000)),
            DEEP,
        ),
        body(
            "deep closures that capture",
            &format!("let a = 1; {}a", "|x| ".repeat(5_000)),
            DEEP,
        ),
        body(
            "many signs",
            &format!("{}1", "-".repeat(20_000)),
            WhenLoaded(""),
        ),
        body("many nots", &format!("{}true", "!".repeat(20_000)), DEEP),
        body("a long sum", &format!("1{}", "+1".repeat(20_000)), DEEP),
        body("a long power", &format!("1{}", "**1".repeat(20_000)), DEEP),
        body(
            "a long condition",
            &format!("true{}", "&&true".repeat(9_000)),
            DEEP,
        ),
        body(
            "a long chain of properties",
            &format!("let a = 1; a{}", ".b".repeat(20_000)),
            DEEP,
        ),
        body(
            "a long chain of calls",
            &format!("let a = 1; a{}", ".len()".repeat(9_000)),
            DEEP,
        ),
        body(
            "a long chain of places",
            &format!("let a = 1; a{}", "[0]".repeat(20_000)),
            DEEP,
        ),
        body("deep calls", &around("abs(", "1", ")", 9_000), DEEP),
        body("deep remarks", &"/*".repeat(30_000), WhenLoaded("")),
    ]
}
