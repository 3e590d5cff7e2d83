(* SPDX-License-Identifier: BSL-1.0 *)
(** mpmc_ring: try_push is one step of a bounded FIFO, and close is one that ends pushing.

    Linearization points: success: the compare-exchange of the tail; full: the load of the tail, if the head will still be a
    lap behind; closed: the load of the tail. busy changes nothing, and is answered only if the pop that has to leave the
    slot was between its claim and its end at some moment of the call. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import mpmc_ring.

Section push.
  Context `{!heapGS Σ, !ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (h t i k p : nat) (xs vs : list val) (m odd : bool).
  Local Notation ring_inv := (ring_inv n lap).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).
  Local Notation value_of := (value_of n lap).
  Local Notation shape := (shape n lap).

  (** what a push may answer, and when *)
  Definition push_answer γ e0 vs m (s : status) : iProp Σ :=
    match s with
    | success => ⌜m = false ∧ (length vs < n)%nat⌝
    | full => ⌜m = false ∧ length vs = n⌝
    | closed => ⌜m = true⌝
    | busy => ∃ p, was_in_flight γ e0 true p
    | empty => False
    end.
  Definition pushed (s : status) (v : val) vs := match s with success => vs ++ [v] | _ => vs end.
  Definition push_update γ e0 v (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (s : status)]) (⊤ ∖ ↑N) ∅
      (tele_app (λ vs m, content γ vs m))
      (tele_app (λ vs m, tele_app (λ s, content γ (pushed s v vs) m ∗ push_answer γ e0 vs m s)))%I
      (tele_app (λ vs m, tele_app (λ s, Φ #(code s)))).

  (** the tail had this value once *)
  Definition tail_was γ t m : iProp Σ :=
    mono_nat_lb_own γ.(γt) t ∗ mono_nat_lb_own γ.(γm) (Nat.b2n m).

  Lemma read_tail ts cs lh lt γ :
    {{{ inv N (ring_inv ts cs lh lt γ) }}} !#lt {{{ t m, RET #(word t m); tail_was γ t m }}}.
  Proof.
    iIntros (Φ) "#I HΦ".
    iInv N as (h t xs m es) "(Hh & >Ht & Hxs & Hgh & >Hgt & >Hgm & H)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hgt") as "#Hlt".
    iDestruct (mono_nat_lb_own_get with "Hgm") as "#Hlm".
    iModIntro. iSplitR "HΦ"; first (iNext; iExists h, t, xs, m, es; iFrame).
    iApply "HΦ". by iFrame "#".
  Qed.

  (** the ticket's holder: the slot is out of the invariant *)
  Definition holds_push ts cs γ t (v : val) : iProp Σ :=
    ∃ k i γi w, ⌜t = (n*k+i)%nat ∧ γ.(γs) !! i = Some γi⌝ ∗
      (ts +ₗ i) ↦{#1/2} #(lap * k + 0%nat) ∗ (cs +ₗ i) ↦ w ∗ mono_list_idx_own γ.(γx) t v.

  Lemma claim_step ts cs lh lt γ e0 v Φ t k i γi :
    shape γ → t = (n*k+i)%nat → γ.(γs) !! i = Some γi →
    inv N (ring_inv ts cs lh lt γ) -∗ mono_nat_lb_own γi (2 * k) -∗ push_update γ e0 v Φ -∗
    WP CmpXchg #lt #(place t) #(place (S t)) {{ r,
      (⌜r = (#(place t), #true)%V⌝ ∗ Φ #(code success) ∗ holds_push ts cs γ t v) ∨
      (∃ t' m', ⌜r = (#(word t' m'), #false)%V⌝ ∗ tail_was γ t' m' ∗ push_update γ e0 v Φ) }}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) -> Hγi) "#I #HT AU".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some).
    assert (place (n*k+i) = word (n*k+i) false) as Hw by (rewrite /word; lia). rewrite !Hw.
    iInv N as (h t' xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp & >Hs)".
    destruct (decide (t' = n*k+i ∧ m = false)%nat) as [[-> ->]|Hne]; last first.
    { wp_cmpxchg_fail; first (intros [= [??]%word_inj]; naive_solver).
      iDestruct (mono_nat_lb_own_get with "Hgt") as "#Hlt".
      iDestruct (mono_nat_lb_own_get with "Hgm") as "#Hlm". iModIntro.
      iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #").
      iRight. iExists _, _. by iFrame "∗ #". }
    wp_cmpxchg_suc.
    iDestruct (big_sepL_lookup_acc_impl with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Hq & Hi)".
    iDestruct (mono_nat_lb_own_valid with "Hm HT") as %[_ HT].
    destruct odd.
    { iDestruct "Hi" as "[%Hk _]". assert (k' < k)%nat by (apply (lap_lt n i); lia). simpl in HT. lia. }
    iDestruct "Hi" as "[%Hk Hi]". simpl in HT.
    assert (k' = k) as -> by (assert (k' ≤ k)%nat by (apply (lap_le n i); lia); lia).
    iDestruct "Hi" as "[%|[Hq' Hb]]"; first lia. iDestruct "Hb" as (w) "Hb".
    iMod (mono_list_auth_own_update_app [v] with "Hxs") as "[Hxs Hxs']".
    iDestruct (mono_list_idx_own_get (n*k+i) v with "Hxs'") as "#Hidx".
    { rewrite lookup_app_r; last lia. by replace (n*k+i - length xs)%nat with 0%nat by lia. }
    iMod (mono_nat_own_update (S (n*k+i)) with "Hgt") as "[Hgt _]"; first lia.
    iMod (mono_list_auth_own_update_app [Claimed false (n*k+i)] with "Hes") as "[Hes _]".
    iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
    iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    iMod (ghost_var_update_halves (drop h xs ++ [v], false) with "Hc Hc'") as "[Hc Hc']".
    iMod ("Hclose" $! success with "[Hc']") as "HΦ".
    { iFrame. iPureIntro. rewrite drop_length. split; [done|lia]. }
    iModIntro. iSplitR "HΦ Hq' Hb".
    { iNext. iExists h, (S (n*k+i)), (xs ++ [v]), false, _. iFrame "Hh Hxs Hgh Hgt Hgm Hes".
      rewrite /word Z.add_0_r. iFrame "Ht". rewrite drop_app_le; last lia. iFrame "Hc". iSplit.
      { by iApply (log_true_claim _ _ _ _ _ false). }
      iSplit; first (iPureIntro; rewrite app_length /=; lia).
      iApply ("Hs" with "[]").
      - iIntros "!>" (j γj Hj Hne) "H". apply lookup_lt_Some in Hj.
        iApply (slot_push_other with "H"); lia.
      - iExists k, false. iFrame "Hm Hq". iSplit; first (iPureIntro; lia). iLeft. iPureIntro; lia. }
    iLeft. iFrame "HΦ". iSplit; first done. iExists k, i, γi, w. iFrame "∗ #". done.
  Qed.

  (** what the slot's turn told, before full or busy is answered *)
  Definition not_yet γ e0 t : iProp Σ :=
    (∃ e1, ⌜e0 `prefix_of` e1 ∧ Claimed true (t - n)%nat ∉ e1⌝ ∗ logged γ e1) ∨ was_in_flight γ e0 true (t - n)%nat.

  Global Instance not_yet_persistent γ e0 t : Persistent (not_yet γ e0 t).
  Proof. apply _. Qed.

  Lemma turn_behind ts cs lh lt γ e0 t k i γi m :
    shape γ → t = (n*k+i)%nat → γ.(γs) !! i = Some γi →
    {{{ inv N (ring_inv ts cs lh lt γ) ∗ logged γ e0 ∗ tail_was γ t m }}} !#(ts +ₗ i)
    {{{ k' odd, RET #(lap * k' + Nat.b2n odd);
        mono_nat_lb_own γi (2 * k' + Nat.b2n odd) ∗
        (⌜(k' < k)%nat⌝ -∗ not_yet γ e0 t) }}}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) -> Hγi Φ) "(#I & #He0 & #Hlt & _) HΦ".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h t' xs m' es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp & >Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Hq & Hi)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb".
    iDestruct (mono_nat_lb_own_valid with "Hgt Hlt") as %[_ Ht].
    iDestruct (mono_list_lb_own_get with "Hes") as "#Hnow".
    iDestruct (mono_list_auth_lb_valid with "Hes He0") as %[_ Hpre].
    iAssert (⌜(k' < k)%nat⌝ -∗ not_yet γ e0 (n*k+i))%I as "#Hny".
    { iIntros (Hk). iDestruct "Hlog" as "(%Hcl & _ & #Hfin)".
      destruct (decide (n*k+i - n < h)%nat) as [Hh|Hh].
      - iRight. iExists es. iFrame "Hnow". iSplit; first done. iSplit.
        { iPureIntro. apply Hcl. lia. }
        iIntros (Hf). iDestruct ("Hfin" $! _ _ Hf) as (γ') "[%Hγ' Hlb']".
        assert (n*k+i-n = n*(k-1)+i)%nat as Eq by nia.
        rewrite Eq ticket_mod // in Hγ'. simplify_eq. rewrite Eq.
        rewrite ticket_div //. iDestruct (mono_nat_lb_own_valid with "Hm Hlb'") as %[_ Hle].
        destruct odd; simpl in Hle; lia.
      - iLeft. iExists es. iFrame "Hnow". iPureIntro. split; [done|]. rewrite Hcl. lia. }
    iModIntro. iSplitR "HΦ".
    - iNext. iExists h, t', xs, m', es. iFrame "∗ Hlog". iSplit; first done. iApply "Hs".
      iExists k', odd. iFrame.
    - iApply "HΦ". by iFrame "#".
  Qed.

  Lemma claim_push_spec ts cs lh lt γ e0 t m v Φ :
    shape γ →
    inv N (ring_inv ts cs lh lt γ) -∗ logged γ e0 -∗ tail_was γ t m -∗ push_update γ e0 v Φ -∗
    WP claim_push (value_of ts cs lh lt) #(word t m) {{ r,
      (∃ s, ⌜r = InjLV #(code s)⌝ ∗ Φ #(code s)) ∨
      (∃ t, ⌜r = InjRV #(place t)⌝ ∗ Φ #(code success) ∗ holds_push ts cs γ t v) }}.
  Proof.
    iIntros (Hs) "#I #He0 Hwas AU". pose proof Hs as (Hn & He & Hl & Hlen & H4).
    iLöb as "IH" forall (t m). iDestruct "Hwas" as "#[Hlt Hlm]". wp_rec. wp_pures.
    wp_apply wp_is_marked; [done..|]. iIntros "_". destruct m.
    { (* a mark was seen: the tail bears it *)
      wp_pures. wp_bind (! _)%E.
      iInv N as (h t' xs m es) "(Hh & >Ht & Hxs & Hgh & Hgt & >Hgm & >Hc & H)". wp_load.
      iDestruct (mono_nat_lb_own_valid with "Hgm Hlm") as %[_ Hm]. destruct m; last (simpl in Hm; lia).
      iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! closed with "[$Hc']") as "HΦ"; first done.
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; iFrame).
      wp_apply wp_is_marked; [done..|]. iIntros "_". wp_pures.
      iModIntro. iLeft. iExists closed. by iFrame. }
    assert (word t false = place t) as Hw by (rewrite /word; lia). wp_pures. rewrite !Hw.
    destruct (ticket_split n t) as (k & i & Hi & Ht); [done|].
    destruct (lookup_lt_is_Some_2 γ.(γs) i) as [γi Hγi]; first lia.
    wp_apply wp_lap_of; [done..|]. iIntros "_".
    wp_apply wp_index_of; [done..|]. iIntros "_". wp_pures.
    assert (t `div` n = k)%nat as -> by (rewrite Ht ticket_div //).
    assert (t `mod` n = i)%nat as -> by (rewrite Ht ticket_mod //).
    (* the slot's turn *)
    wp_apply (turn_behind with "[$I $He0 $Hlt $Hlm]"); [done..|]. iIntros (k' odd) "[#HT #Hny]". wp_pures.
    case_bool_decide as HE; wp_pures.
    { (* ours to write: claim it *)
      assert (k' = k ∧ odd = false) as [-> ->].
      { injection HE as HE. destruct (Nat.lt_total k' k) as [|[->|]]; destruct odd; simpl in HE; try done; nia. }
      wp_apply wp_next_of; [done..|]. iIntros "_".
      rewrite /weak_cas. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
      - wp_apply (read_tail with "I"). iIntros (t' m') "Hwas". wp_pures. by iApply ("IH" with "Hwas AU").
      - wp_bind (CmpXchg _ _ _). iApply (wp_wand with "[AU]").
        { iApply (claim_step with "I [HT] AU"); [done..|]. simpl. by rewrite Nat.add_0_r. }
        iIntros (r) "[(-> & HΦ & Hh)|H]"; wp_pures.
        + iModIntro. iRight. iExists t. by iFrame.
        + iDestruct "H" as (t' m' ->) "[Hwas AU]". wp_pures. by iApply ("IH" with "Hwas AU"). }
    case_bool_decide as HL; wp_pures; last first.
    { wp_apply (read_tail with "I"). iIntros (t' m') "Hwas". by iApply ("IH" with "Hwas AU"). }
    (* the last lap's element is there, or its pop has not finished *)
    assert (k' < k)%nat as Hk by (destruct odd; simpl in HL; nia). iDestruct ("Hny" $! Hk) as "#Hny'".
    wp_apply wp_new_proph; first done. iIntros (pvs p) "Hp". wp_pures. wp_bind (! _)%E.
    iInv N as (h t' xs m es) "(>Hh & >Ht & Hxs & >Hgh & >Hgt & >Hgm & >Hc & Hes & Hlog & >%Hp & H)". wp_load.
    destruct (decide (t' = t ∧ m = false)) as [[-> ->]|Hne]; last first.
    { (* the tail has moved on: again from there *)
      iDestruct (mono_nat_lb_own_get with "Hgt") as "#Hlt'".
      iDestruct (mono_nat_lb_own_get with "Hgm") as "#Hlm'".
      iModIntro. iSplitR "AU Hp"; first (iNext; iExists _, _, _, _, _; by iFrame). clear h Hp. wp_pures.
      wp_bind (Resolve _ _ _).
      iInv N as (h ? ? ? ?) "(>Hh & H)". wp_apply (wp_resolve with "Hp"); first done. wp_load.
      iIntros "!>" (pvs') "-> Hp". iModIntro. iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
      rewrite bool_decide_false; last first.
      { rewrite -Hw. intros [= E]. apply Hne. by apply word_inj in E. }
      wp_pures. iApply ("IH" with "[] AU"). by iFrame "#". }
    destruct (decide (t = (h + n)%nat ∧ hd_error pvs = Some (#(place h) : val, #() : val))) as [[Hfull Hfirst]|Hnot].
    - (* full, and the head will be found where it is *)
      iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! full with "[$Hc']") as "HΦ".
      { iPureIntro. rewrite drop_length. split; [done|lia]. }
      iModIntro. iSplitR "HΦ Hp"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
      wp_bind (Resolve _ _ _). iInv N as (h' ? ? ? ?) "(>Hh & H)".
      wp_apply (wp_resolve with "Hp"); first done. wp_load. iIntros "!>" (pvs') "-> Hp".
      injection Hfirst as Hfirst.
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
      rewrite (bool_decide_true (#(word t false) = _)); last by rewrite Hw. wp_pures.
      rewrite bool_decide_true; last by rewrite Hfirst Hfull place_lap_after // Z.add_simpl_r. wp_pures.
      iModIntro. iLeft. iExists full. by iFrame.
    - (* busy *)
      iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlh".
      iModIntro. iSplitR "AU Hp"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
      wp_bind (Resolve _ _ _).
      iInv N as (h' t' xs' m' es') "(>Hh & >Ht & Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp' & H)".
      wp_apply (wp_resolve with "Hp"); first done. wp_load. iIntros "!>" (pvs') "-> Hp".
      iDestruct (mono_nat_lb_own_valid with "Hgh Hlh") as %[_ Hle].
      iDestruct (mono_nat_lb_own_valid with "Hgt Hlt") as %[_ Hle'].
      assert (t ≠ h' + n)%nat as Hmoved.
      { intros ->. apply Hnot. assert (h = h') as -> by lia. eauto. }
      iDestruct (mono_list_lb_own_get with "Hes") as "#Hnow".
      iAssert (was_in_flight γ e0 true (t - n)) as "#Hfl".
      { iDestruct "Hny'" as "[Hsince|$]". iDestruct "Hsince" as (e1 [Hpre Hno]) "He1".
        iDestruct (mono_list_auth_lb_valid with "Hes He1") as %[_ Hpre'].
        assert (n ≤ t)%nat by (rewrite Ht; nia).
        iApply (claimed_since with "Hlog Hnow"); [done..|simpl; lia]. }
      iMod "AU" as (vs m'') "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! busy with "[$Hc']") as "HΦ"; first by iExists _.
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #"). wp_pures.
      rewrite (bool_decide_true (#(word t false) = _)); last by rewrite Hw. wp_pures.
      rewrite bool_decide_false; last first.
      { intros [= E]. apply Hmoved. by apply (place_full n lap) in E. }
      wp_pures. iModIntro. iLeft. iExists busy. by iFrame.
  Qed.

  Theorem try_push_spec r γ e0 (v : val) :
    is_ring N n lap r γ -∗ logged γ e0 -∗
    <<< ∀∀ vs m, content γ vs m >>> try_push r v @ ↑N
    <<< ∃∃ s, content γ (pushed s v vs) m ∗ push_answer γ e0 vs m s, RET #(code s) >>>.
  Proof.
    iIntros "#Hr #He0" (Φ) "AU". iDestruct "Hr" as (ts cs lh lt (-> & Hs)) "#I".
    pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (read_tail with "I"). iIntros (t m) "Hwas".
    wp_bind (claim_push _ _). iApply (wp_wand with "[Hwas AU]"); first by iApply (claim_push_spec with "I He0 Hwas AU").
    iIntros (r) "[H|H]".
    { iDestruct "H" as (s ->) "HΦ". by wp_pures. }
    iDestruct "H" as (t' ->) "[HΦ Hh]". iDestruct "Hh" as (k i γi w (-> & Hγi)) "(Hq & Hb & Hidx)".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some). wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod //. wp_store.
    wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod // ticket_div //. wp_pures.
    wp_apply (publish _ _ _ _ _ _ _ _ _ _ k false with "[$I $Hq $Hb $Hidx]"); [done..|].
    iIntros "_". by wp_pures.
  Qed.

  Theorem close_spec r γ :
    is_ring N n lap r γ -∗
    <<< ∀∀ vs m, content γ vs m >>> close r @ ↑N <<< content γ vs true, RET #() >>>.
  Proof.
    iIntros "#Hr" (Φ) "AU". iDestruct "Hr" as (ts cs lh lt (-> & Hs)) "#I".
    pose proof Hs as (Hn & He & Hl & Hlen & H4). iLöb as "IH". wp_rec. wp_pures. wp_bind (! _)%E.
    iInv N as (h0 t0 xs0 m0 es0) "(>Hh & >Ht & >Hxs & Hgh & Hgt & Hgm & >Hc & H)". wp_load.
    destruct m0.
    { iMod "AU" as (vs m) "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" with "[$Hc']") as "HΦ".
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; iFrame). wp_pures.
      wp_apply wp_is_marked; [done..|]. iIntros "_". by wp_pures. }
    iModIntro. iSplitR "AU"; first (iNext; iExists _, _, _, _, _; iFrame). clear h0 xs0 es0. wp_pures.
    wp_apply wp_is_marked; [done..|]. iIntros "_". wp_pures. wp_bind (CmpXchg _ _ _).
    iInv N as (h t xs m es) "(>Hh & >Ht & >Hxs & Hgh & Hgt & >Hgm & >Hc & H)".
    destruct (decide (t = t0 ∧ m = false)) as [[-> ->]|Hne].
    - wp_cmpxchg_suc. iMod (mono_nat_own_update 1 with "Hgm") as "[Hgm _]"; first (simpl; lia).
      iMod "AU" as (vs m) "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod (ghost_var_update_halves (drop h xs, true) with "Hc Hc'") as "[Hc Hc']".
      iMod ("Hclose" with "Hc'") as "HΦ". iModIntro. iSplitR "HΦ"; last by wp_pures.
      iNext. iExists h, t0, xs, true, es. iFrame. by rewrite /word Z.add_0_r.
    - wp_cmpxchg_fail; first (intros [= [??]%word_inj]; naive_solver). iModIntro.
      iSplitR "AU"; first (iNext; iExists _, _, _, _, _; iFrame). wp_pures. by iApply "IH".
  Qed.
End push.
