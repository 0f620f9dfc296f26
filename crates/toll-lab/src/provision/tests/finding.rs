//! Finding uv and Pythons, and what is done where they are missing.

use super::*;

#[test]
fn a_python_that_is_not_here_is_replaced_by_the_nearest_with_a_note() {
    let mut place = Place::new();
    // uv has nowhere to download Pythons from.
    place.context = place
        .context
        .with_env("UV_PYTHON_INSTALL_MIRROR", "http://127.0.0.1:9")
        .with_env("UV_PYTHON_DOWNLOADS_JSON_URL", "");
    let provisioner = place.provisioner();
    let here = provisioner
        .choose_python(&PythonRequest::Newest)
        .unwrap()
        .interpreter;
    let absent = format!("{}.99", minor(&here.version));
    let chosen = provisioner
        .choose_python(&PythonRequest::Version(absent.clone()))
        .unwrap();
    assert_eq!(minor(&chosen.interpreter.version), minor(&here.version));
    assert!(
        chosen.notes[0].starts_with(&format!(
            "Python {absent} is not here and could not be installed ("
        )),
        "{:?}",
        chosen.notes
    );
    let failure = provisioner
        .choose_python(&PythonRequest::Version("3.99".to_owned()))
        .unwrap_err();
    assert_eq!(failure.code, "python-missing");
    assert!(failure.message.contains(&here.path), "{failure}");
}

/// A PATH with the usual programs, but without uv.
fn path_without_uv(folder: &Path) -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = Vec::new();
    for (number, original) in std::env::split_paths(&path).enumerate() {
        if !original.join("uv").exists() {
            folders.push(original);
            continue;
        }
        let copy = folder.join(number.to_string());
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(&original)
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name() != "uv")
        {
            symlink(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        folders.push(copy);
    }
    std::env::join_paths(folders)
        .unwrap()
        .into_string()
        .unwrap()
}

#[test]
fn uv_is_fetched_once_where_there_is_none() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    place.context = place.context.with_env("PATH", &path_without_uv(bin.path()));
    let interpreters = discover_interpreters(&place.context, None);
    assert_eq!(find_uv(&place.context, None).unwrap(), None);
    let fetches = Mutex::new(0);
    let count = |event| {
        if event == ProvisionEvent::FetchingUv {
            *fetches.lock().unwrap() += 1;
        }
    };
    let fetched = thread::scope(|scope| {
        let runs = [(); 2].map(|()| {
            scope.spawn(|| obtain_uv(&place.context, None, &interpreters, &count).unwrap())
        });
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(fetched[0], fetched[1]);
    assert_eq!(*fetches.lock().unwrap(), 1);
    assert!(fetched[0].path.starts_with(place.cache.path()));
    assert_eq!(
        find_uv(&place.context, None).unwrap().as_ref(),
        Some(&fetched[0])
    );
}

#[test]
fn where_uv_cannot_be_fetched_the_remedy_is_said() {
    let mut place = Place::new();
    let bin = tempfile::tempdir().unwrap();
    let nowhere = "http://127.0.0.1:9/simple";
    place.context = place
        .context
        .with_env("PATH", &path_without_uv(bin.path()))
        .with_env("PIP_INDEX_URL", nowhere)
        .with_env("PIP_FIND_LINKS", "");
    let interpreters = discover_interpreters(&place.context, None);
    let error = obtain_uv(&place.context, None, &interpreters, &|_| {}).unwrap_err();
    assert!(matches!(error, UvError::IndexUnreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("PIP_INDEX_URL")
            && text.contains("install uv by hand")
            && text.contains("Connection refused"),
        "{text}"
    );
    assert!(matches!(
        obtain_uv(&place.context, None, &[], &|_| {}),
        Err(UvError::NoPython)
    ));
}

#[test]
fn a_uv_that_was_named_and_does_not_work_is_an_error() {
    let place = Place::new();
    let error = find_uv(&place.context, Some(Path::new("/no/such/uv"))).unwrap_err();
    assert!(matches!(error, UvError::Given { .. }), "{error}");
}
