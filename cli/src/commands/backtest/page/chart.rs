//! Plots as SVG: lines over time and bars side by side, with axes that begin at nothing.

use std::fmt::Write;

/// The size of a plot, in units of its own; it is as wide as the page.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
/// The room around it for what stands at its axes.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;

/// The most labels under a plot that can be read.
const LABELS: usize = 9;

/// Into how many steps a plot is high, at most.
const STEPS: f64 = 5.0;

/// A row of values: a line, or the bars of a colour.
pub(super) struct Series {
    /// Its class in the page's style: `this` or `other`.
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) values: Vec<f64>,
}

/// Lines through the values.
pub(super) fn lines(labels: &[String], series: &[Series]) -> String {
    let mut plot = Plot::new(labels, series);
    for one in series {
        let mut path = String::new();
        for (place, value) in one.values.iter().enumerate() {
            let (x, y) = (plot.middle(place), plot.y(*value));
            let _ = write!(path, "{}{x:.1} {y:.1}", if place == 0 { "M" } else { "L" });
        }
        let _ = writeln!(plot.svg, r#"<path class="{}" d="{path}"/>"#, one.class);
    }
    // Whoever points at a day reads its values.
    for (place, label) in labels.iter().enumerate() {
        let told = told(label, series, place);
        let x = plot.left(place);
        let _ = writeln!(
            plot.svg,
            r#"<rect x="{x:.1}" y="{TOP}" width="{:.1}" height="{:.1}" fill="transparent"><title>{told}</title></rect>"#,
            plot.step,
            HEIGHT - TOP - BOTTOM
        );
    }
    plot.end()
}

/// Bars side by side.
pub(super) fn bars(labels: &[String], series: &[Series]) -> String {
    let mut plot = Plot::new(labels, series);
    // A third of the room is between the groups; few bars are no walls.
    let count = series.len().max(1) as f64;
    let width = (plot.step * 0.7 / count).min(40.0);
    for (place, label) in labels.iter().enumerate() {
        let told = told(label, series, place);
        for (number, one) in series.iter().enumerate() {
            let value = one.values.get(place).copied().unwrap_or(0.0);
            let x = plot.middle(place) + width * (number as f64 - count / 2.0);
            let (y, bottom) = (plot.y(value), plot.y(0.0));
            let _ = writeln!(
                plot.svg,
                r#"<rect class="{}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}"><title>{told}</title></rect>"#,
                one.class,
                (width - 1.0).max(0.5),
                bottom - y
            );
        }
    }
    plot.end()
}

/// Bars one below the other, for what has long names.
pub(super) fn rows(labels: &[String], series: &[Series]) -> String {
    const NAMES: f64 = 170.0;
    const ROW: f64 = 34.0;
    /// The room at the end of the longest bar for its value.
    const VALUE: f64 = 64.0;
    let values = series.iter().flat_map(|one| &one.values);
    let most = values.copied().fold(1.0, f64::max);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {:.0}" role="img">"#,
        ROW * labels.len() as f64
    );
    svg.push('\n');
    let height = ROW * 0.8 / series.len().max(1) as f64;
    for (place, label) in labels.iter().enumerate() {
        let top = ROW * place as f64;
        let _ = writeln!(
            svg,
            r#"<text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            NAMES - 8.0,
            top + ROW / 2.0 + 4.0,
            escaped(label)
        );
        for (number_of, one) in series.iter().enumerate() {
            let value = one.values.get(place).copied().unwrap_or(0.0);
            let y = top + ROW * 0.1 + height * number_of as f64;
            let width = (WIDTH - NAMES - VALUE) * value / most;
            let _ = writeln!(
                svg,
                r#"<rect class="{}" x="{NAMES}" y="{y:.1}" width="{width:.1}" height="{:.1}"/><text x="{:.1}" y="{:.1}">{}</text>"#,
                one.class,
                height - 1.0,
                NAMES + width + 6.0,
                y + height / 2.0 + 4.0,
                number(value)
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// `3 June: this 12, other 14`
fn told(label: &str, series: &[Series], place: usize) -> String {
    let values = series.iter().map(|one| {
        let value = one.values.get(place).copied().unwrap_or(0.0);
        format!("{} {}", one.name, number(value))
    });
    let values: Vec<String> = values.collect();
    escaped(&format!("{label}: {}", values.join(", ")))
}

/// A plot that is being drawn.
struct Plot {
    svg: String,
    /// What the highest line of its grid stands for.
    top: f64,
    /// How wide the room of a label is.
    step: f64,
}

impl Plot {
    fn new(labels: &[String], series: &[Series]) -> Self {
        let values = series.iter().flat_map(|one| &one.values);
        let most = values.copied().fold(0.0, f64::max);
        let each = round_step(most / STEPS);
        let lines = (most / each).ceil().max(1.0);
        let mut plot = Self {
            svg: format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">"#),
            top: each * lines,
            step: (WIDTH - LEFT - RIGHT) / labels.len().max(1) as f64,
        };
        plot.svg.push('\n');
        for line in 0..=lines as u32 {
            let value = each * f64::from(line);
            let y = plot.y(value);
            let _ = writeln!(
                plot.svg,
                r#"<line class="grid" x1="{LEFT}" x2="{}" y1="{y:.1}" y2="{y:.1}"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                number(value)
            );
        }
        let every = labels.len().div_ceil(LABELS).max(1);
        for (place, label) in labels.iter().enumerate().step_by(every) {
            let _ = writeln!(
                plot.svg,
                r#"<text x="{:.1}" y="{}" text-anchor="middle">{}</text>"#,
                plot.middle(place),
                HEIGHT - BOTTOM + 18.0,
                escaped(label)
            );
        }
        plot
    }

    fn left(&self, place: usize) -> f64 {
        LEFT + self.step * place as f64
    }

    fn middle(&self, place: usize) -> f64 {
        self.left(place) + self.step / 2.0
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.top
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }
}

/// The round number (1, 2 or 5 times a power of ten) at or above one, and no less than 1: there is no half a
/// message.
fn round_step(least: f64) -> f64 {
    let mut power = 1.0;
    while power * 10.0 <= least {
        power *= 10.0;
    }
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter();
    steps
        .map(|step| step * power)
        .find(|step| *step >= least)
        .unwrap_or(power * 10.0)
}

/// A number with a thin space between its thousands.
pub(super) fn number(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push('\u{202f}');
        }
        written.push(digit);
    }
    if number < 0.0 {
        written.insert(0, '−');
    }
    written
}

/// A text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_steps() {
        for (least, step) in [
            (0.0, 1.0),
            (0.4, 1.0),
            (1.2, 2.0),
            (20.0, 20.0),
            (21.0, 50.0),
            (999.0, 1000.0),
        ] {
            assert_eq!(round_step(least), step, "{least}");
        }
    }

    #[test]
    fn numbers_can_be_read() {
        let written = [0.0, 999.0, 1_234.0, 1_234_567.0, -40.0].map(number);
        assert_eq!(
            written,
            ["0", "999", "1\u{202f}234", "1\u{202f}234\u{202f}567", "−40"]
        );
    }
}
