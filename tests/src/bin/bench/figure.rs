//! Samples, their medians and the printed table.

use std::{fs, thread, time::Duration};

/// Durations of our code and of a baseline, measured alternately.
#[derive(Default)]
pub struct Samples {
    ours: Vec<f64>,
    baseline: Vec<f64>,
}

impl Samples {
    /// Adds one turn.
    pub fn add(&mut self, ours: Duration, baseline: Duration) {
        self.ours.push(ours.as_secs_f64());
        self.baseline.push(baseline.as_secs_f64());
    }

    fn ratio(&self) -> f64 {
        quantile(&self.ours, 0.5) / quantile(&self.baseline, 0.5)
    }

    /// Returns the first and third quartile of the ratio per turn.
    fn spread(&self) -> (f64, f64) {
        let ratios: Vec<_> = self.ours.iter().zip(&self.baseline).map(|(ours, baseline)| ours / baseline).collect();
        (quantile(&ratios, 0.25), quantile(&ratios, 0.75))
    }
}

pub fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into a short list"
    )]
    let place = (last as f64 * at).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// A table of results.
pub struct Figures {
    title: String,
    rows: Vec<[String; 5]>,
}

impl Figures {
    /// Creates an empty table. `title` describes the ratios or sizes.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    /// Adds a ratio with its maximum.
    pub fn ratio(&mut self, name: &str, samples: &Samples, target: f64) {
        let (from, to) = samples.spread();
        let detail = format!(
            "{from:.2} to {to:.2}, {} vs {}",
            time(quantile(&samples.ours, 0.5)),
            time(quantile(&samples.baseline, 0.5)),
        );
        self.add(name, samples.ratio(), target, "", detail);
    }

    /// Adds a size in bytes with its maximum in MB (millions of bytes).
    pub fn size(&mut self, name: &str, bytes: usize, target: f64) {
        #[expect(clippy::cast_precision_loss, reason = "no binary has 2^52 bytes")]
        self.add(name, bytes as f64 / 1e6, target, " MB", format!("{bytes} bytes"));
    }

    /// Adds the median of durations, with its maximum in seconds.
    pub fn seconds(&mut self, name: &str, times: &[Duration], target: f64) {
        self.quantile(name, times, 0.5, target);
    }

    /// Adds a quantile of durations, with its maximum in seconds.
    pub fn quantile(&mut self, name: &str, times: &[Duration], at: f64, target: f64) {
        let times: Vec<_> = times.iter().map(Duration::as_secs_f64).collect();
        let detail = format!("{} to {}", time(quantile(&times, 0.0)), time(quantile(&times, 1.0)));
        self.add(name, quantile(&times, at), target, " s", detail);
    }

    fn add(&mut self, name: &str, value: f64, target: f64, unit: &str, detail: String) {
        let verdict = if value <= target { "ok" } else { "OVER" };
        let cells =
            [name.to_owned(), format!("{value:.2}{unit}"), format!("≤ {target}{unit}"), verdict.to_owned(), detail];
        self.rows.push(cells);
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("\n{}", self.title);
        for [name, value, target, verdict, detail] in &self.rows {
            println!("  {name:<46} {value:>8}  {target:<8} {verdict:<4}  {detail}");
        }
    }
}

fn time(seconds: f64) -> String {
    if seconds < 0.01 { format!("{:.0} µs", seconds * 1e6) } else { format!("{:.1} ms", seconds * 1e3) }
}

/// Describes the machine in one line.
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("{cores} cores, {}, load {load} before the run", model.unwrap_or("processor unknown"))
}
