#!/usr/bin/python3
"""Where sources come from: apt's entries, dl/, sums, tarballs."""

import os
import subprocess
import tarfile

import tree
from tree import tap

SOURCES = """
Types: deb
URIs: http://mirror.example/debian
# a comment between fields
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://other.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://node.example/node_20.x
Suites: nodistro
Components: main
"""
LIST = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/key.gpg] http://line.example/debian/ bookworm main
deb http://vendor.example/linux bookworm main
deb http://same.example/debian bookworm main
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@tap.case("deb-src entries come from Debian's own mirrors only")
def entries():
    with tree.Tree() as out:
        write(out.at("apt/sources.list.d/debian.sources"), SOURCES)
        write(out.at("apt/sources.list"), LIST)
        write(out.at("lists/same.example_debian_dists_bookworm_InRelease"),
              "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
              "Origin: Somebody\nLabel: Else\n")
        done = subprocess.run(
            [os.path.join(tap.TOP, "tools", "apt-sources")], text=True,
            capture_output=True, check=False,
            env=dict(os.environ, MKVM_ETC_APT=out.at("apt"),
                     MKVM_APT_LISTS=out.at("lists"), MKVM_CODENAME="bookworm"))
        tap.equal((done.returncode, done.stderr), (0, ""))
        stanzas = [dict(line.split(": ", 1) for line in stanza.splitlines())
                   for stanza in done.stdout.strip().split("\n\n")]
        tap.equal([(s["URIs"], s["Suites"], s.get("Signed-By"))
                   for s in stanzas],
                  [("http://line.example/debian/", "bookworm", "/key.gpg")] +
                  [("http://mirror.example/debian", suite,
                    "/usr/share/keyrings/debian-archive-keyring.gpg")
                   for suite in ("bookworm", "bookworm-updates")])
        tap.check(all("deb-src" in s["Types"] and s["Components"] == "main"
                      for s in stanzas), done.stdout)


def fetch(out, *words):
    """tools/fetch with everything outside the tree out of reach."""
    env = dict(os.environ, MKVM_DL=out.at("dl"), MKVM_TOP=out.path,
               XDG_CACHE_HOME=out.at("cache"), MKVM_ETC_APT=out.at("apt"))
    done = subprocess.run([os.path.join(tap.TOP, "tools", "fetch"), *words],
                          env=env, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout + done.stderr


@tap.case("a download whose sum is wrong is not used, and no tree is left")
def wrong_sum():
    with tree.Tree() as out:
        with open(os.path.join(tap.TOP, "tools", "sources.sha256"),
                  encoding="utf-8") as file:
            names = [line.split()[1] for line in file
                     if "busybox" in line]
        for name in names:
            write(out.at("dl", name), "not what Debian signed\n")
        status, text = fetch(out, "busybox", "busybox", out.at("tree"))
        tap.check(status != 0, text)
        tap.check("sha256" in text and names[0] in text, text)
        tap.check("no Debian mirror" in text, "no next step:", text)
        tap.check(not os.path.exists(out.at("tree")), "a tree is left")


@tap.case("a package that is not on record: what to do is said")
def unrecorded():
    with tree.Tree() as out:
        os.makedirs(out.at("dl"))
        status, text = fetch(out, "linux", "linux-source-0.0", out.at("tree"))
        tap.equal(status, 1, text)
        for word in ("linux-source-0.0 cannot be fetched", "dl/",
                     "on record: ", "linux-source-6.1 ", "linux-source-6.12"):
            tap.check(word in text, f"the message lacks {word!r}:", text)
        name = "linux-source-0.0_1_all.deb"
        write(out.at("dl", name), "what somebody put there\n")
        status, text = fetch(out, "linux", "linux-source-0.0", out.at("tree"))
        tap.equal(status, 1, text)
        tap.check(f"sha256sum {name}" in text and "accepted.sha256" in text,
                  text)
        tap.check(not os.path.exists(out.at("tree")), "a tree is left")
        tap.check(not os.path.exists(out.at("tree.new")), "half a tree is left")


@tap.case("a tarball of the user's own needs no network")
def tarball():
    with tree.Tree() as out:
        write(out.at("busybox-9/Config.in"), "mainmenu \"x\"\n")
        with tarfile.open(out.at("busybox-9.tar.gz"), "w:gz") as tar:
            tar.add(out.at("busybox-9"), "busybox-9")
        status, text = fetch(out, "busybox", out.at("busybox-9.tar.gz"),
                             out.at("tree"))
        tap.equal(status, 0, text)
        tap.check(os.path.exists(out.at("tree", "Config.in")), text)


@tap.case("a tarball that is broken or of something else is refused")
def bad_tarball():
    with tree.Tree() as out:
        write(out.at("broken.tar.gz"), "this is not gzip")
        write(out.at("other/README"), "hello\n")
        with tarfile.open(out.at("other.tar"), "w") as tar:
            tar.add(out.at("other"), "other")
        for name in ("broken.tar.gz", "other.tar"):
            for what in ("busybox", "linux"):
                status, text = fetch(out, what, out.at(name), out.at("tree"))
                tap.check(status != 0, f"{what} {name}: accepted")
                tap.check("mini-kvm: " in text, text)
                tap.check(not os.path.exists(out.at("tree")), "a tree is left")


tap.main()
