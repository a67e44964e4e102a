#!/usr/bin/env python3
"""One process of the peer: videos through Python's face_recognition.

    peer_worker.py --mode first|all --encoding FILE --students FILE --out DIR VIDEO...

first: the replaced system's way. 'ffmpeg -r 1' writes JPEGs; for each picture in turn the first face found is
       compared with the known encodings in their order, the first within the tolerance is the answer, and the first
       answer ends the video.
all:   every face of one picture per second, each given to the nearest encoding within the tolerance. The pictures
       are the ones that homeroom looks at: the first frame of each second. ('-r 1' pads: it makes four JPEGs of two
       seconds, which would make this mode slower than it need be.)

Prints one JSON object per line: first the time of the imports, then one per video. Written for the benchmark, in the
manner described above; where the replaced system would fail (a picture without a face), this goes on.
"""
import argparse
import csv
import json
import os
import pickle
import resource
import subprocess
import tempfile
import time

begun = time.perf_counter()
import face_recognition  # noqa: E402  (its import loads the models, which is part of a cold start)
import dlib  # noqa: E402
IMPORT_S = time.perf_counter() - begun

TOLERANCE = 0.6


def cpu_s():
    return sum(usage.ru_utime + usage.ru_stime
               for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def sampling(mode):
    if mode == "first":
        return ["-r", "1"]
    return ["-fps_mode", "vfr", "-vf",
            "select='isnan(prev_selected_t)+gt(floor(t-start_t),floor(prev_selected_t-start_t))'"]


def pictures_of(video, folder, mode):
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-i", video, *sampling(mode),
                    os.path.join(folder, "image-%03d.jpeg")], check=True)
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def first_answer(pictures, known):
    faces = 0
    for count, path in enumerate(pictures, 1):
        encodings = face_recognition.face_encodings(face_recognition.load_image_file(path))
        faces += len(encodings)
        if not encodings:
            continue
        matches = face_recognition.compare_faces(known["encoding"], encodings[0], tolerance=TOLERANCE)
        if True in matches:
            return [known["name"][matches.index(True)]], count, faces
    return [], len(pictures), faces


def all_answers(pictures, known):
    names, faces = {}, 0
    for path in pictures:
        for encoding in face_recognition.face_encodings(face_recognition.load_image_file(path)):
            faces += 1
            distances = face_recognition.face_distance(known["encoding"], encoding)
            nearest = int(distances.argmin())
            if distances[nearest] <= TOLERANCE:
                names[known["name"][nearest]] = True
    return list(names), len(pictures), faces


def write_report(path, names, students):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "major", "year"])
        for name in names:
            record = students.get(name, {})
            writer.writerow([name, record.get("major", ""), record.get("year", "")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=("first", "all"), required=True)
    parser.add_argument("--encoding", required=True)
    parser.add_argument("--students", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("videos", nargs="+")
    options = parser.parse_args()
    print(json.dumps({"import_s": IMPORT_S, "dlib": dlib.__version__, "avx": bool(dlib.USE_AVX_INSTRUCTIONS),
                      "blas": bool(dlib.DLIB_USE_BLAS)}), flush=True)
    answer = first_answer if options.mode == "first" else all_answers
    with open(options.encoding, "rb") as file:
        known = pickle.load(file)  # the course's own file
    with open(options.students, encoding="utf-8") as file:
        students = {row["name"]: row for row in json.load(file)}
    for video in options.videos:
        wall, cpu = time.perf_counter(), cpu_s()
        with tempfile.TemporaryDirectory() as folder:
            names, frames, faces = answer(pictures_of(video, folder, options.mode), known)
        stem = os.path.splitext(os.path.basename(video))[0]
        write_report(os.path.join(options.out, stem + ".csv"), names, students)
        print(json.dumps({"video": video, "names": names, "frames": frames, "faces": faces,
                          "wall_s": time.perf_counter() - wall, "cpu_s": cpu_s() - cpu}), flush=True)


if __name__ == "__main__":
    main()
