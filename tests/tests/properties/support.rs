use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

/// Checks a property with this many cases, unless `PROPTEST_CASES` sets the number.
pub fn check<S: Strategy>(cases: u32, values: &S, property: impl Fn(S::Value)) {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    let outcome = TestRunner::new(config).run(values, |value| {
        property(value);
        Ok::<(), TestCaseError>(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Checks an asynchronous property. Each case has its own runtime.
pub fn check_async<S: Strategy>(cases: u32, values: &S, property: impl AsyncFn(S::Value)) {
    check(cases, values, |value| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(property(value));
    });
}

/// Generates characters, with a preference for ones that code often gets wrong.
pub fn characters() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => any::<char>(),
        2 => proptest::char::range('!', '~'),
        2 => proptest::sample::select(TRICKY),
    ]
}

/// Boundaries of control characters, white space, UTF-8 lengths and surrogates.
pub const TRICKY: &[char] = &[
    '\0',
    '\u{1}',
    '\t',
    '\n',
    '\u{b}',
    '\u{c}',
    '\r',
    '\u{1f}',
    ' ',
    '"',
    '#',
    '\\',
    '/',
    '~',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{9f}',
    '\u{a0}',
    '\u{ad}',
    'é',
    '\u{301}',
    '\u{7ff}',
    '\u{800}',
    '\u{1680}',
    '\u{200b}',
    '\u{200d}',
    '\u{2028}',
    '\u{202e}',
    '\u{3000}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{feff}',
    '\u{fffd}',
    '\u{ffff}',
    '\u{10000}',
    '😀',
    '\u{10ffff}',
];
