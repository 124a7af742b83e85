"""Sentences: what the difference of a variant means."""


def all_of(report):
    base = report["variants"][0]
    return [{"variant": v["id"], "text": v["said"]}
            for v in report["variants"] if v is not base]
