"""Writes wheels `name version requires-python tag` into a folder, and a source distribution that cannot be built."""
import io
import sys
import tarfile
import zipfile

folder = sys.argv[1]
for spec in sys.argv[2:]:
    name, version, python, tag = spec.split()
    meta = f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n'
    info = f'{name}-{version}.dist-info'
    files = {f'{name}.py': '', f'{info}/METADATA': meta, f'{info}/WHEEL': f'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}-none-any\n'}
    record = ''.join(f'{path},,\n' for path in [*files, f'{info}/RECORD'])
    with zipfile.ZipFile(f'{folder}/{name}-{version}-{tag}-none-any.whl', 'w') as wheel:
        for path, text in {**files, f'{info}/RECORD': record}.items():
            wheel.writestr(path, text)
pyproject = b'[build-system]\nrequires = []\nbuild-backend = "broken"\nbackend-path = ["."]\n'
broken = b'raise SystemExit("this backend is broken on purpose")\n'
with tarfile.open(f'{folder}/tollbroken-1.0.tar.gz', 'w:gz') as source:
    for path, text in {'pyproject.toml': pyproject, 'broken.py': broken}.items():
        entry = tarfile.TarInfo('tollbroken-1.0/' + path)
        entry.size = len(text)
        source.addfile(entry, io.BytesIO(text))
