/* replaced when the room is furnished */
typedef int hr_face_placeholder;
