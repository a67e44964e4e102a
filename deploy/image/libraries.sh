#!/bin/bash
# Builds, inside the image's build stage, the three libraries of which Debian's own packages bring far more than
# homeroom uses: FFmpeg, libheif and libcurl, from Debian's sources with Debian's fixes, as static libraries in
# /opt/homeroom-parts. docs/decisions/0004-image.md says why, with figures.
# usage: libraries.sh TRIPLET [FOLDER]
set -euo pipefail
export LC_ALL=C.UTF-8

triplet=$1
prefix=${2:-/opt/homeroom-parts}
work=$(mktemp -d)
native=$(gcc -dumpmachine)
jobs=$(nproc)
flags="-O2 -g0 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2"
flags="$flags -ffile-prefix-map=$work=."
cross=()
export PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig:/usr/lib/$triplet/pkgconfig:/usr/share/pkgconfig

# source_of PACKAGE: unpacks Debian's source, its fixes applied, into $work/PACKAGE, and notes its version.
source_of() {
    (
        mkdir "$work/.$1"
        cd "$work/.$1"
        apt-get -q -o APT::Sandbox::User=root source "$1"
        mv ./*/ "$work/$1"
    )
    mkdir -p "$prefix/parts/$1"
    dpkg-parsechangelog -l "$work/$1/debian/changelog" -S Version >"$prefix/parts/$1/version"
    cp "$work/$1/debian/copyright" "$prefix/parts/$1/copyright"
}

# What schools bring: phones, cameras, lecture capture, screen recorders, and old archives. No network, no encoder,
# no filter, no device. The parsers of sound are there so that its streams do not hold up opening a video.
video_decoders=h264,hevc,libdav1d,vp8,vp9,mpeg1video,mpeg2video,mpeg4,h261,h263,h263p,flv,vp6,vp6f,theora
video_decoders+=,msmpeg4v1,msmpeg4v2,msmpeg4v3,wmv1,wmv2,wmv3,vc1,svq1,svq3,cinepak,qtrle,dvvideo
video_decoders+=,mjpeg,prores,dnxhd,ffv1,huffyuv,ffvhuff,rawvideo
photo_decoders=png,webp,bmp,gif,tiff,jpeg2000
demuxers=mov,matroska,avi,mpegts,mpegps,mpegvideo,m4v,h264,hevc,h263,vc1,obu,ivf,mjpeg,flv,asf,ogg,mxf,dv,gif
demuxers+=,aac,ac3,flac,mp3,wav # to say of them that there is only sound
parsers=h264,hevc,av1,vp8,vp9,mpegvideo,mpeg4video,h261,h263,vc1,mjpeg,png,webp,bmp,gif,dnxhd,jpeg2000
parsers+=,aac,aac_latm,ac3,mpegaudio,opus,vorbis,flac
filters=extract_extradata,vp9_superframe_split,vp9_superframe,av1_frame_merge,h264_mp4toannexb,hevc_mp4toannexb

build_ffmpeg() {
    source_of ffmpeg
    cd "$work/ffmpeg"
    if [ "$triplet" != "$native" ]; then
        cross=(--enable-cross-compile "--arch=${triplet%%-*}" --target-os=linux "--cross-prefix=$triplet-"
            --pkg-config=pkg-config)
    fi
    local version # its last part is Debian's: 0+deb12u1
    version=$(cat "$prefix/parts/ffmpeg/version")
    ./configure --prefix="$prefix" "${cross[@]}" --extra-version="${version##*-}" --extra-cflags="$flags" \
        --enable-static --disable-shared --enable-pic --disable-debug --disable-programs --disable-doc \
        --disable-network --disable-avdevice --disable-avfilter --disable-swresample --disable-postproc \
        --disable-autodetect --enable-pthreads --enable-zlib --enable-libdav1d --disable-everything \
        --enable-decoder="$video_decoders,$photo_decoders" --enable-demuxer="$demuxers" \
        --enable-parser="$parsers" --enable-bsf="$filters"
    make -j"$jobs"
    make install
}

build_libheif() {
    source_of libheif
    if [ "$triplet" != "$native" ]; then
        cross=("-DCMAKE_TOOLCHAIN_FILE=/homeroom/cmake/aarch64.cmake")
    fi
    cmake -S "$work/libheif" -B "$work/libheif/build" -G Ninja "${cross[@]}" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS_RELEASE="$flags" -DCMAKE_CXX_FLAGS_RELEASE="$flags" -DCMAKE_INSTALL_PREFIX="$prefix" \
        -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DENABLE_PLUGIN_LOADING=OFF -DBUILD_TESTING=OFF \
        -DWITH_LIBDE265=ON -DWITH_DAV1D=ON -DWITH_AOM_DECODER=OFF -DWITH_AOM_ENCODER=OFF -DWITH_X265=OFF \
        -DWITH_RAV1E=OFF -DWITH_SvtEnc=OFF -DWITH_EXAMPLES=OFF -DWITH_GDK_PIXBUF=OFF
    cmake --build "$work/libheif/build"
    cmake --install "$work/libheif/build"
    # Its users are C programs: they have to be told of the C++ library.
    # shellcheck disable=SC2016 # ${libdir} is pkg-config's
    sed -i 's/^Libs:.*/Libs: -L${libdir} -lheif -lde265 -ldav1d -lstdc++ -lm/; /^Requires\.private:/d' \
        "$prefix/lib/pkgconfig/libheif.pc"
}

# HTTP and HTTPS through OpenSSL, with proxies; nothing else.
build_curl() {
    source_of curl
    cd "$work/curl"
    ./configure --prefix="$prefix" --build="$native" --host="$triplet" CFLAGS="$flags" --disable-shared --enable-static \
        --with-openssl --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --without-ca-path --enable-threaded-resolver \
        --enable-proxy --enable-ipv6 --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp \
        --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp \
        --disable-gopher --disable-mqtt --disable-manual --disable-alt-svc --disable-hsts --disable-ntlm \
        --disable-tls-srp --disable-unix-sockets --disable-docs --without-brotli --without-zstd --without-libpsl \
        --without-libidn2 --without-nghttp2 --without-librtmp --without-libssh2 --without-gssapi --without-zlib
    make -C lib -j"$jobs"
    make -C lib install
    make -C include install
    make install-pkgconfigDATA # and not the program
    # shellcheck disable=SC2016
    sed -i 's/^Libs:.*/Libs: -L${libdir} -lcurl -lssl -lcrypto -pthread/; /^Requires/d' \
        "$prefix/lib/pkgconfig/libcurl.pc"
}

build_ffmpeg
build_libheif
build_curl
rm -rf "$work"
