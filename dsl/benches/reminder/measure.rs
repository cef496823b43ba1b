//! Times contenders by turns and prints their ratios.

use std::time::{Duration, Instant};

/// How long one round of a contender lasts: short, so that many fall between what else the machine does.
const ROUND: Duration = Duration::from_millis(1);
/// How many rounds each has.
const ROUNDS: usize = 301;

pub(crate) struct Contender<'c> {
    name: &'static str,
    run: Box<dyn FnMut() + 'c>,
}

impl<'c> Contender<'c> {
    pub(crate) fn new(name: &'static str, run: impl FnMut() + 'c) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }

    fn time(&mut self, times: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            (self.run)();
        }
        start.elapsed()
    }

    /// How often it runs in a round.
    fn times(&mut self) -> u64 {
        let mut times = 1;
        loop {
            let took = self.time(times);
            if took >= ROUND / 4 {
                let round = ROUND.as_nanos() as f64 / took.as_nanos().max(1) as f64;
                return ((times as f64 * round) as u64).max(1);
            }
            times *= 2;
        }
    }
}

/// Prints the time of each contender, and how many times that of `base` it is. What counts is the round that a
/// tenth of the rounds were faster than: on a machine that others use too, slow rounds are theirs.
pub(crate) fn compare(title: &str, base: &str, mut contenders: Vec<Contender<'_>>) {
    let times: Vec<u64> = contenders.iter_mut().map(Contender::times).collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); contenders.len()];
    for _ in 0..ROUNDS {
        for ((contender, times), rounds) in contenders.iter_mut().zip(&times).zip(&mut rounds) {
            rounds.push(contender.time(*times).as_nanos() as f64 / *times as f64);
        }
    }
    for rounds in &mut rounds {
        rounds.sort_by(f64::total_cmp);
    }
    let at = |rounds: &Vec<f64>, tenth: usize| {
        rounds
            .get(rounds.len() * tenth / 10)
            .copied()
            .unwrap_or_default()
    };
    let base_at = contenders
        .iter()
        .position(|contender| contender.name == base);
    let of_base = base_at
        .and_then(|index| rounds.get(index))
        .map_or(1.0, |rounds| at(rounds, 1));
    println!("\n{title}");
    println!(
        "  {:<44} {:>12} {:>12} {:>14}",
        "", "fast tenth", "median", "against base"
    );
    for (contender, rounds) in contenders.iter().zip(&rounds) {
        let (fast, median) = (at(rounds, 1), at(rounds, 5));
        println!(
            "  {:<44} {fast:>9.1} ns {median:>9.1} ns {:>13.2}×",
            contender.name,
            fast / of_base
        );
    }
    println!("  base: {base}");
}
