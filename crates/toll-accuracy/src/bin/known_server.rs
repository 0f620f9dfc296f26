//! The known server as a program of its own: `known_server SPEC`, see `toll_accuracy::known`.

fn main() -> Result<(), toll_accuracy::AccuracyError> {
    let spec = std::env::args().nth(1).unwrap_or_else(|| "{}".into());
    toll_accuracy::known::serve(&spec)
}
