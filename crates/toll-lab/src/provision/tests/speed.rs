//! How long the environments of the embedded suites take. They download everything anew:
//! `cargo test --release -p toll-lab -- --ignored cold_and_warm`.

use super::*;

fn original() -> Vec<Wanted> {
    let frameworks = [
        "starlette==0.34.0",
        "blacksheep==2.0.4",
        "falcon==3.1.3",
        "fastapi==0.108.0",
        "litestar==2.4.5",
        "muffin==0.100.1",
        "sanic==23.12.0",
    ];
    let python = PythonRequest::Version("3.12.1".to_owned());
    frameworks
        .iter()
        .map(|one| Wanted {
            python: python.clone(),
            ..wanted(
                &[*one, "gunicorn==21.2.0", "uvicorn==0.25.0"],
                Some("2024-01-03"),
            )
        })
        .collect()
}

fn today() -> Vec<Wanted> {
    let frameworks = [
        "starlette",
        "fastapi",
        "litestar",
        "falcon",
        "blacksheep",
        "muffin",
        "sanic",
        "quart",
        "django",
        "lilya",
    ];
    frameworks
        .iter()
        .map(|one| wanted(&[*one, "uvicorn", "uvloop", "httptools"], None))
        .collect()
}

fn timed(place: &Place, wanted: &[Wanted]) -> (Duration, Vec<Result<Environment, Failure>>) {
    let start = Instant::now();
    let results = provide(&place.provisioner(), wanted, &|_| {});
    (start.elapsed(), results)
}

#[test]
#[ignore = "takes up to a minute and a good network"]
fn the_original_suites_environments_cold_and_warm() {
    let mut place = Place::new();
    let empty = place
        .cache
        .path()
        .join("uv-cache")
        .to_string_lossy()
        .into_owned();
    place.context = place.context.with_env("UV_CACHE_DIR", &empty);
    let (cold, results) = timed(&place, &original());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let (warm, results) = timed(&place, &original());
    assert!(
        results
            .iter()
            .all(|one| one.as_ref().is_ok_and(|one| one.reused)),
        "{results:?}"
    );
    assert!(
        cold < Duration::from_mins(1) && warm < Duration::from_secs(3),
        "cold {cold:?}, warm {warm:?}"
    );
}

#[test]
#[ignore = "takes up to a minute and a good network"]
fn ten_frameworks_newest_releases_cold_and_warm() {
    let mut place = Place::new();
    let empty = place
        .cache
        .path()
        .join("uv-cache")
        .to_string_lossy()
        .into_owned();
    place.context = place.context.with_env("UV_CACHE_DIR", &empty);
    let (cold, results) = timed(&place, &today());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let (warm, results) = timed(&place, &today());
    let pythons: std::collections::BTreeSet<String> = results
        .iter()
        .flatten()
        .map(|one| one.python_version.clone())
        .collect();
    assert_eq!(pythons.len(), 1, "{pythons:?}");
    assert!(
        cold < Duration::from_mins(2) && warm < Duration::from_secs(10),
        "cold {cold:?}, warm {warm:?}"
    );
}
